//! Atomics and cells: the one place that says where they come from.
//!
//! Knows nothing of anything else, so that a model checker's types can stand in for the real ones.

pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
