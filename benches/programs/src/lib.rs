//! Published crates doing their work under each allocator, a process each.
//!
//! Read in this order: `random` and `digest`, what inputs are made with and outputs compared by; `programs`,
//! the work itself; `process`, one program in one process with its time and memory; `report`, all programs
//! under all allocators. A binary `programs_NAME` declares an allocator and calls `main`; the binary
//! `programs-report` declares none and runs those.
//!
//! Without the feature `programs` only the parts without dependencies are built.

#[cfg(all(feature = "rivals", feature = "secure"))]
compile_error!("`secure` would make mimalloc secure in every binary: build it without `rivals`");

pub mod digest;
#[cfg(feature = "programs")]
pub mod process;
#[cfg(feature = "programs")]
pub mod programs;
pub mod random;
#[cfg(feature = "programs")]
pub mod report;

#[cfg(feature = "programs")]
pub use process::main;
