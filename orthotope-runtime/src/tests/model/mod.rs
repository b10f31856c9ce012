//! Allocators against a reference model: random configurations, random operations, every layer validated after each.
//!
//! The model is an interval map of live blocks that knows what each holds. It asks little: a block lies where no other
//! does, is aligned, holds what its holder wrote, is zero where that was asked for, and an allocator that gave nothing
//! had a reason. What is asked of the layers is said by their validators.
//!
//! Read on in this order: `case`, `map`, `subject`, `play`; then what is played with: `paths` and `direct`, `instance`,
//! `worker` and `generated`; then who plays: `random` and `threads` here, and the fuzzer in `tests/fuzz`, which decodes a
//! [`Case`] from bytes as `seeds` does.

mod case;
mod direct;
#[cfg(test)]
mod generated;
mod instance;
mod map;
mod paths;
mod play;
#[cfg(test)]
mod random;
#[cfg(test)]
mod seeds;
mod subject;
#[cfg(test)]
mod threads;
#[cfg(test)]
mod worker;

pub use case::Case;
#[cfg(test)]
use case::{Setup, Size, Step, Way};

/// Plays a case on each allocator that its configuration describes.
///
/// # Panics
///
/// If an allocator does what the model does not, or a validator finds something.
pub fn run(case: &Case) {
    play::play(&mut direct::Direct::new(&case.setup), &case.steps);
    play::play(&mut instance::Instance::new(&case.setup), &case.steps);
}
