//! The invariants of a central pool, as a function that tests call after every step.

use core::ptr::{self, NonNull};

use super::Central;
use crate::arena::Kind;
use crate::slab;

impl Central {
    /// Panics if an invariant of the module does not hold.
    pub(crate) fn validate(&self) {
        let state = self.state.lock();
        let mut free = 0;
        let mut next = state.partial;
        let mut prev = ptr::null_mut();
        while let Some(span) = NonNull::new(next) {
            // SAFETY: we hold the lock.
            unsafe { slab::validate::slab(span, &self.geometry) };
            // SAFETY: we hold the lock.
            let slab = unsafe { span.as_ref().slab() };
            assert!(slab.free > 0, "a slab in `partial` has free blocks");
            assert_eq!(slab.prev, prev, "neighbours agree");
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            assert_eq!((record.kind(), record.class()), (Kind::Slab, self.class));
            free += slab.free;
            prev = next;
            next = slab.next;
        }
        assert_eq!(free, state.free, "`free` is the sum over `partial`");
        assert!(
            state.depot.blocks + state.free <= state.carved,
            "a block is in one place"
        );
        assert!(state.depot.len <= self.depot);
    }
}
