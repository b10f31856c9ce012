//! Slabs of one block that change their class while the block lives: how a block grows where it is.
//!
//! A class whose blocks take whole granules has a slab for each, which may grow like a large block's span. The
//! block stays live and in place throughout.

use core::ptr::{self, NonNull};

use super::Central;
use crate::arena::{Arena, Kind, Span};
use crate::slab::{self, Ages};

impl Central {
    /// Whether each block of the class has a slab of its own, without a header.
    pub(crate) fn is_single(&self) -> bool {
        self.geometry.capacity == 1 && self.geometry.header == 0
    }

    /// Strikes the slab of a live block off the class's books. `false` if it is not one.
    pub(crate) fn disown(&self, span: NonNull<Span>) -> bool {
        let mut state = self.state.lock();
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        if !self.is_single() || record.kind() != Kind::Slab || record.class() != self.class {
            return false;
        }
        // SAFETY: the slab is of this class, whose lock we hold.
        let slab = unsafe { record.slab() };
        if slab.carved != 1 || slab.free != 0 {
            return false;
        }
        // SAFETY: as above.
        state.backed -= unsafe { Ages::of(span) }.backed();
        state.carved -= 1;
        state.slabs -= 1;
        if state.current == span.as_ptr() {
            state.current = ptr::null_mut();
        }
        true
    }

    /// Enters a span that holds one live block, and is charged for it, as a slab of this class.
    ///
    /// # Safety
    ///
    /// The class is [single](Self::is_single); the span is as long as its slabs, and the caller's alone but for the block.
    pub(crate) unsafe fn adopt(&self, arena: &Arena, span: NonNull<Span>) {
        let mut state = self.state.lock();
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // SAFETY: the caller's promise.
        state.backed += unsafe { slab::open_live(span, arena) };
        state.carved += 1;
        state.slabs += 1;
        record.describe_slab(self.class, record.first());
    }
}
