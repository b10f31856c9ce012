//! Orthotope's benches: every workload once, generic over the allocator, and what runs and judges them.
//!
//! Read in this order: [`block`] is how a workload reaches an allocator, [`workloads`] what is done with it,
//! `measure` how long it takes. [`report`] compares allocators, [`memory`] what they keep of it, [`gate`] counts
//! instructions, [`recorder`] measures what recording costs, [`tuned`] what tuning gains, [`soak`] looks for faults.
//!
//! The statics under test are declared by the binaries (`contenders/`), because that is where a user's
//! static is, and inlining is what is compared.

pub mod block;
mod comparison;
mod crew;
pub mod gate;
mod measure;
pub mod memory;
mod random;
pub mod recorder;
pub mod report;
pub mod soak;
pub mod tuned;
pub mod workloads;

pub use comparison::Role;

/// The compiler that built this crate, as `rustc --version` says it.
pub(crate) const COMPILER: &str = env!("BENCHES_COMPILER");
