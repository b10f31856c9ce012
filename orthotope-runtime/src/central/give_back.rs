//! The way back: into the depot by parts of magazines, from it into slabs, and from slabs to the arena.

use core::ptr::{self, NonNull};

use super::{Central, LARGE_SLAB_BYTES, State};
use crate::arena::{Arena, GRANULE, Kind, Span, slab_of};
use crate::depot::{Magazine, blocks, held, new_magazine};
use crate::fallback;
use crate::slab::{self, Ages};
use crate::sys::{Guard, die};

impl Central {
    /// Takes blocks, fewer than a magazine's: onto the magazine on top, and another for what does not fit, the
    /// caller's empty `spare` first.
    ///
    /// # Safety
    ///
    /// The blocks are free, of this class, and the caller's to give.
    pub(crate) unsafe fn give(
        &self,
        arena: &Arena,
        spare: &mut Option<NonNull<Magazine>>,
        held: &[*mut u8],
    ) {
        debug_assert!(held.len() <= self.magazine);
        let mut state = self.state.lock();
        let rest = state.depot.give(held, self.magazine);
        if rest.is_empty() {
            return;
        }
        let empty = if self.depot_most > 0 {
            let kept = spare.take().or_else(|| state.depot.pop_empty());
            kept.or_else(|| new_magazine(arena.meta(), self.magazine))
        } else {
            None
        };
        let Some(mut magazine) = empty else {
            // SAFETY: the blocks are the caller's to give.
            unsafe { self.put(&mut state, arena, rest) };
            return;
        };
        // SAFETY: the magazine is one of the class's.
        let place = unsafe { blocks(magazine) };
        // SAFETY: the magazine is ours; it has room for `rest`, which lies elsewhere.
        unsafe { place.copy_from_nonoverlapping(rest.as_ptr(), rest.len()) };
        // SAFETY: the magazine is ours.
        unsafe { magazine.as_mut() }.count = rest.len();
        // SAFETY: the magazine is ours to give.
        unsafe { state.depot.push(magazine) };
        while state.depot.len > self.depot_most {
            self.drain_bottom(&mut state, arena);
        }
    }

    /// Moves the coldest magazine's blocks to their slabs.
    pub(super) fn drain_bottom(&self, state: &mut Guard<'_, State>, arena: &Arena) {
        let Some(magazine) = state.depot.pop_bottom() else {
            return;
        };
        // SAFETY: the magazine is ours since it was popped.
        let held = unsafe { held(magazine) };
        // SAFETY: blocks in the depot are free and of this class.
        unsafe { self.put(state, arena, held) };
        // SAFETY: the magazine is ours, and its blocks are in their slabs.
        unsafe { state.depot.push_empty(magazine) };
    }

    /// Puts blocks back into their slabs. Blocks freed together often lie together, so each run of blocks of
    /// one slab costs one look-up and one settlement.
    ///
    /// # Safety
    ///
    /// The blocks are free, of this class, and the caller's to give.
    pub(super) unsafe fn put(
        &self,
        state: &mut Guard<'_, State>,
        arena: &Arena,
        blocks: &[*mut u8],
    ) {
        let mut rest = blocks;
        while let Some(&first) = rest.first() {
            let Some(span) = arena.span_at(first.addr()) else {
                // Without a header a free does not ask where a block came from: this one was lent.
                if !fallback::give(first.addr()) {
                    die(format_args!(
                        "invalid free of {first:p}: it is not this allocator's"
                    ));
                }
                rest = &rest[1..];
                continue;
            };
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            if record.kind() != Kind::Slab || record.class() != self.class {
                // Without a header nobody asked until now.
                die(format_args!(
                    "invalid free of {first:p}: it is no block of its class"
                ));
            }
            let (start, bytes) = (record.start(), record.bytes());
            // SAFETY: we hold the lock.
            let before = unsafe { record.slab() }.free as usize;
            let run = rest
                .iter()
                .take_while(|block| block.addr().wrapping_sub(start) < bytes);
            let mut len = 0;
            for block in run {
                // SAFETY: we hold the lock, and the block lies in this slab.
                unsafe { slab::put(span, &self.geometry, block.addr()) };
                len += 1;
            }
            // SAFETY: we hold the lock.
            if unsafe { record.slab() }.free as usize - before != len {
                // As above.
                die(format_args!("double free of a small block near {first:p}"));
            }
            rest = &rest[len..];
            // SAFETY: we hold the lock, and `before` was the slab's count.
            unsafe { self.settle(state, arena, span, before) };
        }
    }

    /// Accounts for blocks put into a slab that had `before` free ones.
    ///
    /// # Safety
    ///
    /// The caller holds the lock.
    unsafe fn settle(
        &self,
        state: &mut Guard<'_, State>,
        arena: &Arena,
        span: NonNull<Span>,
        before: usize,
    ) {
        // SAFETY: we hold the lock.
        let slab = unsafe { slab_of(span) };
        let (free, carved, granted) = (slab.free, slab.carved, slab.granted);
        // SAFETY: we hold the lock.
        unsafe { state.partial.settle(span, before) };
        let large = self.geometry.granules * GRANULE >= LARGE_SLAB_BYTES;
        let spare = large || (carved == granted && state.partial.free > free as usize);
        if self.eager && free == carved && spare {
            // SAFETY: we hold the lock, and no block of the slab is out.
            unsafe { self.retire(state, arena, span) };
        }
    }

    /// Gives a slab whose blocks are all free back to the arena.
    ///
    /// # Safety
    ///
    /// The caller holds the lock; the slab is in `partial`, its free blocks are all it has carved.
    pub(super) unsafe fn retire(
        &self,
        state: &mut Guard<'_, State>,
        arena: &Arena,
        span: NonNull<Span>,
    ) {
        // SAFETY: we hold the lock.
        let carved = unsafe { slab_of(span) }.carved as usize;
        // SAFETY: the slab is in `partial`.
        unsafe { state.partial.remove(span) };
        state.carved -= carved;
        state.slabs -= 1;
        if state.current == span.as_ptr() {
            state.current = ptr::null_mut();
        }
        // SAFETY: we hold the lock.
        let ages = unsafe { Ages::of(span) };
        state.backed -= ages.backed();
        // SAFETY: we hold the lock, and nobody finds the slab any more.
        unsafe { slab::close(span, &self.geometry, arena.meta()) };
        // SAFETY: no block of it is used again; the ages are asked for while the span is still nobody else's.
        unsafe { arena.give_slab(span, |granule| ages.granule(granule)) };
    }
}
