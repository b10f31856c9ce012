//! Slabs whose blocks are tracked (see `slab::states`): all that is granted of one is carved at once, and lies free in it,
//! so that any block may come next.

use core::ptr::NonNull;

use super::{Central, State};
use crate::arena::{Arena, Span, slab_of};
use crate::random::Random;
use crate::slab;
use crate::sys::Guard;

impl Central {
    /// Makes the order in which blocks are taken one that follows from `seed`.
    pub(crate) fn seed(&self, seed: u64) {
        self.state.lock().random = Random::new(seed);
    }

    /// Up to `want` blocks from slabs with free ones, or from a new one. Returns how many.
    ///
    /// # Safety
    ///
    /// `out` has room for `want`.
    #[inline(never)]
    pub(super) unsafe fn refill_any(
        &self,
        state: &mut Guard<'_, State>,
        arena: &Arena,
        out: *mut *mut u8,
        want: usize,
    ) -> usize {
        let mut count = 0;
        while count < want
            && let Some(span) = state.partial.fullest()
        {
            // SAFETY: `out` has room for `want`, of which `count` were taken.
            let place = unsafe { out.add(count) };
            // SAFETY: as above; the slab is this class's.
            count += unsafe { self.take_any(state, span, place, want - count) };
        }
        if count == 0
            && let Some(span) = self.slab_to_carve(state, arena)
        {
            // SAFETY: we hold the lock.
            let before = unsafe { slab_of(span) }.free as usize;
            // SAFETY: as above.
            state.carved += unsafe { slab::carve_all(span) };
            // SAFETY: as above; the slab is this class's.
            unsafe { state.partial.settle(span, before) };
            // SAFETY: as above; `out` has room for `want`.
            count = unsafe { self.take_any(state, span, out, want) };
        }
        count
    }

    /// Takes up to `want` blocks that lie free in a slab, any of them. Returns how many.
    ///
    /// # Safety
    ///
    /// The slab is one of this class's; `out` has room for `want`.
    unsafe fn take_any(
        &self,
        state: &mut Guard<'_, State>,
        span: NonNull<Span>,
        out: *mut *mut u8,
        want: usize,
    ) -> usize {
        // SAFETY: we hold the lock.
        let before = unsafe { slab_of(span) }.free as usize;
        // SAFETY: as above; `out` has room for `want`.
        let taken = unsafe { slab::take_any(span, &self.geometry, out, want, &mut state.random) };
        state.backed += taken.backed;
        // SAFETY: we hold the lock.
        unsafe { state.partial.settle(span, before) };
        // SAFETY: `take_any` wrote that many blocks, of which most come for the first time.
        unsafe { self.describe(out, taken.blocks) };
        taken.blocks
    }
}
