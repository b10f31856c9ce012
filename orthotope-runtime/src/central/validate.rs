//! The invariants of a central pool, as a function that tests call after every step.

use super::Central;
use crate::arena::Kind;
use crate::slab;

impl Central {
    /// Panics if an invariant of the module does not hold.
    pub(crate) fn validate(&self) {
        let state = self.state.lock();
        let mut free = 0;
        state.partial.each(|span| {
            // SAFETY: we hold the lock.
            unsafe { slab::validate::slab(span, &self.geometry) };
            // SAFETY: we hold the lock.
            let slab = unsafe { span.as_ref().slab() };
            assert!(slab.free > 0, "a slab in `partial` has free blocks");
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            assert_eq!((record.kind(), record.class()), (Kind::Slab, self.class));
            free += slab.free as usize;
        });
        assert_eq!(free, state.partial.free, "`free` is the sum over `partial`");
        assert!(
            state.depot.blocks + state.partial.free <= state.carved,
            "a block is in one place"
        );
        assert!(state.depot.len <= self.depot);
    }
}
