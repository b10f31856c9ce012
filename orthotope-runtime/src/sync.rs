//! Atomics, and functions that make them: the one place that says where they come from.
//!
//! Knows nothing of anything else, so that a model checker's types can stand in for the real ones: with `cfg(loom)`,
//! see `models`.

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicI64, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{
    AtomicBool, AtomicI64, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};

/// A function that is `const`, but for a model checker's types: those are made while the model runs.
macro_rules! constant {
    ($(#[$attribute:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $returns:ty $body:block) => {
        #[cfg(not(loom))]
        $(#[$attribute])*
        $vis const fn $name($($arg: $ty),*) -> $returns $body

        #[cfg(loom)]
        $(#[$attribute])*
        $vis fn $name($($arg: $ty),*) -> $returns $body
    };
}
pub(crate) use constant;
