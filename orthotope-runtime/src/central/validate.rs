//! The invariants of a central pool, as a function that tests and the fuzzer call after every step.

use core::ptr::NonNull;

use super::{Central, State};
use crate::arena::{Arena, Kind, Span, slab_of};
use crate::slab::{self, Ages};

impl Central {
    /// Panics if an invariant of the module does not hold. `slabs` are the class's, and may be others' by now; nobody
    /// opens one meanwhile.
    pub(crate) fn validate(&self, arena: &Arena, slabs: &[NonNull<Span>]) {
        let state = self.state.lock();
        let mut free = 0;
        state.partial.each(|span| {
            // SAFETY: we hold the lock.
            let slab = unsafe { slab_of(span) };
            assert!(slab.free > 0, "a slab in `partial` has free blocks");
            assert!(self.owns(span), "a slab in `partial` is one of the class's");
            free += slab.free as usize;
        });
        assert_eq!(free, state.partial.free, "`free` is the sum over `partial`");
        let in_depot = state.depot.validate(self.magazine);
        assert!(state.depot.len <= self.depot_most);
        assert!(
            in_depot.len() + state.partial.free <= state.carved,
            "a block is in one place"
        );
        if let Some(current) = NonNull::new(state.current) {
            assert!(self.owns(current), "the current slab is one of the class's");
        }
        self.validate_slabs(&state, arena, slabs);
        self.validate_blocks(in_depot, arena);
    }

    /// What the slabs add up to.
    fn validate_slabs(&self, state: &State, arena: &Arena, slabs: &[NonNull<Span>]) {
        let (mut count, mut carved, mut free, mut backed) = (0, 0, 0, 0);
        let stride = self.geometry.stride;
        for &span in slabs.iter().filter(|&&span| self.owns(span)) {
            // SAFETY: we hold the lock.
            unsafe { slab::validate::slab(span, &self.geometry) };
            // SAFETY: we hold the lock.
            let slab = unsafe { slab_of(span) };
            assert_eq!(
                slab.list.is_some(),
                slab.free > 0,
                "a slab with free blocks"
            );
            assert_eq!(
                arena.charge_of(span),
                slab.granted as usize * stride,
                "a slab is charged for what it was granted"
            );
            // SAFETY: we hold the lock.
            backed += unsafe { Ages::of(span) }.backed();
            (count, carved) = (count + 1, carved + slab.carved as usize);
            free += slab.free as usize;
        }
        assert_eq!((state.slabs, state.carved), (count, carved));
        assert_eq!(state.backed, backed, "backed pages are counted");
        assert_eq!(state.partial.free, free, "free blocks are counted");
    }

    /// Blocks in the depot are carved, not free in their slabs, and there once. Those that were lent are in none.
    fn validate_blocks(&self, mut in_depot: Vec<*mut u8>, arena: &Arena) {
        in_depot.sort_unstable();
        assert!(in_depot.windows(2).all(|two| two[0] != two[1]));
        for block in in_depot {
            let Some(span) = arena.span_at(block.addr()) else {
                assert_eq!(self.geometry.header, 0, "a header tells what was lent");
                continue;
            };
            assert!(self.owns(span), "{block:p} is of this class");
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            // SAFETY: we hold the lock.
            let slab = unsafe { record.slab() };
            let offset = block.addr() - record.first().addr();
            let index = self.geometry.index(offset);
            assert_eq!(offset, index * self.geometry.stride, "a block starts there");
            assert!(index < slab.carved as usize, "{block:p} was carved");
            // SAFETY: we hold the lock.
            assert!(!unsafe { slab::is_free(span, index) }, "{block:p} is here");
        }
    }

    /// Whether a span is a slab of this class. The lock is held.
    fn owns(&self, span: NonNull<Span>) -> bool {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        record.kind() == Kind::Slab && record.class() == self.class
    }
}
