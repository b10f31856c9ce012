//! Slabs whose blocks are tracked (see `slab::states`): all that is granted of one is carved at once, and lies free in it,
//! so that any block may come next.

use core::ptr::NonNull;

use super::{Central, State};
use crate::arena::Span;
use crate::random::Random;
use crate::slab;
use crate::sys::Guard;

impl Central {
    /// Makes the order in which blocks are taken one that follows from `seed`.
    pub(crate) fn seed(&self, seed: u64) {
        self.state.lock().random = Random::new(seed);
    }

    /// Carves all that the slab was granted, and takes up to `want` blocks of it. Returns how many.
    ///
    /// # Safety
    ///
    /// The slab is one of this class's; `out` has room for `want`.
    pub(super) unsafe fn carve_any(
        &self,
        state: &mut Guard<'_, State>,
        span: NonNull<Span>,
        out: *mut *mut u8,
        want: usize,
    ) -> usize {
        // SAFETY: we hold the lock.
        let before = unsafe { span.as_ref().slab() }.free as usize;
        // SAFETY: as above.
        state.carved += unsafe { slab::carve_all(span) };
        // SAFETY: as above; the slab is this class's.
        unsafe { state.partial.settle(span, before) };
        // SAFETY: the caller's promise.
        unsafe { self.take_free(state, span, out, want) }
    }
}
