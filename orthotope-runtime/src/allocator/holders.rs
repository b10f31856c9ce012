//! Who holds an engine, counted. Modelled in `models::of_spans`.
//!
//! Invariant: the count falls to zero once, and never rises again from there; whoever is told that it was the last
//! sees what all others did.

use crate::sync::{AtomicUsize, Ordering};

pub(super) struct Holders(AtomicUsize);

impl Holders {
    /// One.
    pub(super) fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// Counts one more. The caller is one, or was given the word of one.
    pub(super) fn retain(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one more, unless there is none any more.
    pub(super) fn try_retain(&self) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count > 0).then_some(count + 1)
            })
            .is_ok()
    }

    /// Counts one less. Whether it was the last, who has to see to the rest.
    pub(super) fn forget(&self) -> bool {
        // Release and Acquire pair among the holders: the last one sees what all others did.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// How many there are.
    #[cfg(any(test, fuzzing))]
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
