//! Blocks that come from slabs: those that lie free in one, and those that are carved from the current one or a new one.

use core::ptr::NonNull;
use core::slice;

use super::{Central, State};
use crate::arena::{Arena, Span, slab_of};
use crate::block::{Header, Shape, mark_of};
use crate::slab::{self, Taken};
use crate::sync::Ordering;
use crate::sys::Guard;

impl Central {
    /// Takes up to `want` blocks that lie free in a slab. Returns how many.
    ///
    /// # Safety
    ///
    /// The slab is one of this class's; `out` has room for `want`.
    pub(super) unsafe fn take_free(
        &self,
        state: &mut Guard<'_, State>,
        span: NonNull<Span>,
        out: *mut *mut u8,
        want: usize,
    ) -> usize {
        // SAFETY: the lock is held.
        let slab = unsafe { slab_of(span) };
        let (before, purged) = (slab.free as usize, slab.purged);
        // SAFETY: the lock is held; `out` has room for `want`.
        let taken = unsafe { slab::take(span, &self.geometry, out, want) };
        state.backed += taken.backed;
        // SAFETY: the lock is held.
        unsafe { state.partial.settle(span, before) };
        if purged {
            // SAFETY: `take` wrote that many blocks.
            unsafe { self.describe(out, taken.blocks) };
        }
        taken.blocks
    }

    /// Says in the headers of `count` blocks what they are, if they have headers, and marks them as free, if free ones are
    /// marked.
    ///
    /// # Safety
    ///
    /// `blocks` points to as many free blocks of this class, the caller's alone.
    pub(super) unsafe fn describe(&self, blocks: *const *mut u8, count: usize) {
        // SAFETY: by the caller's promise.
        let blocks = unsafe { slice::from_raw_parts(blocks, count) };
        if self.geometry.header > 0 {
            for &block in blocks {
                // SAFETY: by the caller's promise; a header precedes each block.
                let header = unsafe { Header::of(block) };
                header.describe(Shape::small(self.class), self.payload);
            }
        }
        let Some(key) = self.mark else { return };
        for &block in blocks {
            if let Some(start) = NonNull::new(block) {
                // SAFETY: as above; where blocks are marked, they have two words.
                unsafe { mark_of(start) }.store(key.mark(block.addr()), Ordering::Relaxed);
            }
        }
    }

    /// Carves up to `want` blocks from the current slab, or a new one.
    ///
    /// # Safety
    ///
    /// `out` has room for `want`.
    pub(super) unsafe fn carve(
        &self,
        state: &mut Guard<'_, State>,
        arena: &Arena,
        out: *mut *mut u8,
        want: usize,
    ) -> usize {
        let Some(span) = self.slab_to_carve(state, arena) else {
            return 0;
        };
        // SAFETY: we hold the lock; `out` has room by the caller's promise.
        let Taken { blocks, backed } = unsafe { slab::carve(span, &self.geometry, out, want) };
        state.carved += blocks;
        state.backed += backed;
        // SAFETY: `carve` wrote that many blocks.
        unsafe { self.describe(out, blocks) };
        blocks
    }

    /// The current slab, if it has a block to carve; or a new one.
    pub(super) fn slab_to_carve(
        &self,
        state: &mut Guard<'_, State>,
        arena: &Arena,
    ) -> Option<NonNull<Span>> {
        match NonNull::new(state.current) {
            Some(span) if self.has_grant(arena, span) => Some(span),
            _ => self.open_slab(state, arena),
        }
    }

    /// Whether the slab has a block to carve, one more grant charged to the budget if need be.
    fn has_grant(&self, arena: &Arena, span: NonNull<Span>) -> bool {
        // SAFETY: callers hold the lock.
        let slab = unsafe { slab_of(span) };
        let left = self.geometry.capacity - slab.granted as usize;
        if slab.carved == slab.granted && left > 0 {
            let want = self.grant.min(left);
            slab.granted += arena.charge_slab(span, self.geometry.stride, want) as u32;
        }
        slab.carved < slab.granted
    }

    fn open_slab(&self, state: &mut Guard<'_, State>, arena: &Arena) -> Option<NonNull<Span>> {
        let geometry = &self.geometry;
        let want = self.grant.min(geometry.capacity);
        let (span, granted) =
            arena.take_slab(self.class, geometry.granules, geometry.stride, want)?;
        // SAFETY: the span is new to everybody else.
        let Some(backed) = (unsafe { slab::open(span, geometry, granted, arena) }) else {
            // SAFETY: as above; no block of it was handed out.
            unsafe { arena.give_unused_slab(span) };
            return None;
        };
        state.backed += backed;
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let first = arena.pointer(span, geometry.first(record.start()));
        record.describe_slab(self.class, first);
        state.current = span.as_ptr();
        state.slabs += 1;
        Some(span)
    }
}
