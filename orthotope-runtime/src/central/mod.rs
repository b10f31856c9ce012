//! The central pool of one class: the depot of full magazines, and the slabs with free blocks.
//!
//! Threads meet here, one magazine at a time. Knows nothing of their state.
//!
//! Read on in this order: `partial`, here, `carve`, `tracked`, `give_back`, `adopt`, `purge`.
//!
//! Invariants, checked by `Central::validate` after every step of the tests: a slab is in `partial` exactly if it has free
//! blocks; `current`, if any, is the slab that is being carved, and it may be in `partial` too. Every block that was carved
//! is in one place: live, cached by a thread, in the depot, or free in its slab. A slab's span is charged for what it was
//! granted.

mod adopt;
mod carve;
mod give_back;
mod partial;
mod purge;
mod tracked;
#[cfg(any(test, fuzzing))]
mod validate;

use core::ptr::{self, NonNull};

use partial::Partial;

use crate::arena::{Arena, Kind, Span, slab_of};
use crate::block::Key;
use crate::config::ClassLimits;
use crate::depot::{Depot, Magazine, blocks, new_magazine};
use crate::random::Random;
use crate::slab::{self, Geometry};
use crate::sys::{Lock, LockWord, page_bytes};

/// Most full magazines that a depot keeps; older ones go back to their slabs.
const DEPOT_MAGAZINES: usize = 32;
/// Bytes of blocks that a depot keeps: of large blocks fewer magazines, for each pins memory that any other
/// class could use.
const DEPOT_BYTES: usize = 256 << 10;
/// Magazines that a depot keeps whatever they hold, where free slabs stay with their class and nothing is pinned
/// that another class could use.
const DEPOT_LEAST: usize = 8;
/// A free slab of this many bytes goes back though it is the class's last, or not all carved: a new one costs
/// blocks of this size little.
const LARGE_SLAB_BYTES: usize = 256 << 10;

/// The central pool of one class.
#[repr(align(64))]
pub(crate) struct Central {
    class: usize,
    /// Bytes that the holder of a block may use.
    payload: usize,
    geometry: Geometry,
    /// What a cache keeps of this class unless it has limits of its own: threads come too often to divide again.
    limits: ClassLimits,
    /// Blocks of a magazine.
    magazine: usize,
    /// Blocks charged to the budget at once: one refill's, or a whole slab's.
    grant: usize,
    /// Magazines that the depot keeps at most.
    depot_most: usize,
    /// What free blocks are marked with, where they are.
    mark: Option<Key>,
    /// Give fully free slabs back at once, all but the last one if it is small. Otherwise they wait for `reclaim`.
    eager: bool,
    state: Lock<State>,
}

struct State {
    /// `depot.len` is at most the class's `depot_most`.
    depot: Depot,
    /// The slabs with free blocks.
    partial: Partial,
    /// The slab that is carved; null if none is.
    current: *mut Span,
    /// Blocks handed out at least once: `carved == Σ slab.carved`, and `depot.blocks + partial.free <= carved`.
    carved: usize,
    /// Spans that are slabs of this class.
    slabs: usize,
    /// Pages of slabs that may be resident: `backed == Σ Ages::backed`.
    backed: usize,
    /// Which blocks of tracked slabs are taken.
    random: Random,
}

// SAFETY: what the pointers lead to is reached under the lock alone.
unsafe impl Send for State {}

/// Where a block of a slab is, as the slab knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// Never handed out.
    Uncarved,
    /// Free in the slab.
    Free,
    /// Live, or in a magazine.
    Out,
}

/// Counts of one class, for statistics.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CentralCounts {
    /// Blocks in the depot and free in slabs.
    pub(crate) pooled: usize,
    /// Blocks handed out at least once, of slabs that exist.
    pub(crate) carved: usize,
    pub(crate) slabs: usize,
    /// Bytes of slabs that may be resident.
    pub(crate) backed: usize,
}

impl Central {
    pub(crate) fn new(
        class: usize,
        payload: usize,
        geometry: Geometry,
        limits: ClassLimits,
        grant: usize,
        eager: bool,
    ) -> Self {
        let magazine = limits.flush;
        let state = State {
            depot: Depot::new(),
            partial: Partial::new(geometry.capacity),
            current: ptr::null_mut(),
            carved: 0,
            slabs: 0,
            backed: 0,
            random: Random::new(0),
        };
        Self {
            class,
            payload,
            geometry,
            limits,
            magazine,
            grant,
            depot_most: (DEPOT_BYTES / (magazine * geometry.stride))
                .clamp(if eager { 0 } else { DEPOT_LEAST }, DEPOT_MAGAZINES),
            mark: None,
            eager,
            state: Lock::new(state),
        }
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Bytes that the holder of a block may use.
    pub(crate) fn payload(&self) -> usize {
        self.payload
    }

    pub(crate) fn limits(&self) -> ClassLimits {
        self.limits
    }

    /// Fills the empty stack at `out` with a magazine from the depot, or `want` blocks of it if the whole exceeds
    /// `room`; else with up to `want` blocks from slabs, else from a new one. Returns how many; 0 if the arena has
    /// no room.
    ///
    /// `spare` is the caller's empty magazine, exchanged for the one that came.
    ///
    /// # Safety
    ///
    /// `out` has room for `room` blocks, and `want` are no more.
    #[inline(always)]
    pub(crate) unsafe fn refill(
        &self,
        arena: &Arena,
        spare: &mut Option<NonNull<Magazine>>,
        out: *mut *mut u8,
        want: usize,
        room: usize,
    ) -> usize {
        let mut state = self.state.lock();
        if state.depot.top_count() > room {
            // SAFETY: `out` has room for `want`.
            return unsafe { state.depot.take(out, want) };
        }
        if let Some(magazine) = state.depot.pop() {
            if let Some(empty) = spare.replace(magazine) {
                // SAFETY: the spare was the caller's, and empty.
                unsafe { state.depot.push_empty(empty) };
            }
            drop(state);
            // SAFETY: the magazine is ours since it was popped.
            return unsafe { unload(magazine, out) };
        }
        if self.geometry.tracked {
            // SAFETY: `out` has room for `want`.
            return unsafe { self.refill_any(&mut state, arena, out, want) };
        }
        let mut count = 0;
        while count < want
            && let Some(span) = state.partial.fullest()
        {
            // SAFETY: `out` has room for `want`, of which `count` were taken.
            let place = unsafe { out.add(count) };
            // SAFETY: as above; the slab is this class's.
            count += unsafe { self.take_free(&mut state, span, place, want - count) };
        }
        if count == 0 {
            // SAFETY: `out` has room for `want`.
            count = unsafe { self.carve(&mut state, arena, out, want) };
        }
        count
    }

    /// One block, for a thread without a cache or one that keeps none of this class.
    #[inline(never)]
    pub(crate) fn take_one(&self, arena: &Arena) -> Option<NonNull<u8>> {
        let mut block = ptr::null_mut();
        // SAFETY: there is room for one block. No magazine comes whole, so the spare stays as it is.
        unsafe { self.refill(arena, &mut None, &raw mut block, 1, 0) };
        NonNull::new(block)
    }

    /// Takes a magazine with at least one block. Returns an empty one in exchange if the depot has one.
    ///
    /// # Safety
    ///
    /// The magazine and its blocks, of this class and free, are the caller's to give.
    pub(crate) unsafe fn publish(
        &self,
        arena: &Arena,
        magazine: NonNull<Magazine>,
    ) -> Option<NonNull<Magazine>> {
        let mut state = self.state.lock();
        // SAFETY: the magazine is the caller's to give.
        let bytes = unsafe { magazine.as_ref() }.count * self.geometry.stride;
        // SAFETY: as above.
        unsafe { state.depot.push(magazine) };
        while state.depot.len > self.depot_most {
            self.drain_bottom(&mut state, arena);
        }
        let empty = state.depot.pop_empty();
        drop(state);
        arena.stir(bytes);
        empty
    }

    /// An empty magazine for this class's blocks.
    pub(crate) fn empty_magazine(&self, arena: &Arena) -> Option<NonNull<Magazine>> {
        let kept = self.state.lock().depot.pop_empty();
        kept.or_else(|| new_magazine(arena.meta(), self.magazine))
    }

    /// Blocks of a magazine.
    pub(crate) fn magazine(&self) -> usize {
        self.magazine
    }

    /// Takes one block of this class back to its slab.
    ///
    /// # Safety
    ///
    /// The block is free and the caller's to give.
    pub(crate) unsafe fn put_one(&self, arena: &Arena, block: *mut u8) {
        // SAFETY: the block is the caller's to give.
        unsafe { self.put(&mut self.state.lock(), arena, &[block]) };
        arena.stir(self.geometry.stride);
    }

    /// Moves the depot's blocks to their slabs and gives fully free slabs back to the arena.
    pub(crate) fn reclaim(&self, arena: &Arena) {
        let mut state = self.state.lock();
        while state.depot.len > 0 {
            self.drain_bottom(&mut state, arena);
        }
        for list in Partial::lists() {
            for _ in 0..state.partial.len(list) {
                let Some(span) = state.partial.first(list) else {
                    break;
                };
                // SAFETY: we hold the lock.
                unsafe { state.partial.rotate(list) };
                // SAFETY: as above.
                let slab = unsafe { slab_of(span) };
                if slab.free == slab.carved {
                    // SAFETY: we hold the lock, and no block of the slab is out.
                    unsafe { self.retire(&mut state, arena, span) };
                }
            }
        }
    }

    /// What a fork sees of the lock. In the child it is taken from its holder. If that waited for the arena's, it had not
    /// begun to change what the lock guards, or had finished: what was in its hands is lost to the child, no more.
    pub(crate) fn word(&self) -> &LockWord {
        self.state.word()
    }

    /// Figures for statistics.
    pub(crate) fn counts(&self) -> CentralCounts {
        let state = self.state.lock();
        CentralCounts {
            pooled: state.depot.blocks + state.partial.free,
            carved: state.carved,
            slabs: state.slabs,
            backed: state.backed * page_bytes(),
        }
    }

    /// Where the slab has the block at index `index`, if the span is a slab of this class.
    pub(crate) fn whereabouts(&self, span: NonNull<Span>, index: usize) -> Option<Whereabouts> {
        let _state = self.state.lock();
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // Whoever found the span had no lock: it may have become another class's meanwhile. Not again, while
        // we hold this class's lock.
        if record.kind() != Kind::Slab || record.class() != self.class {
            return None;
        }
        // SAFETY: we hold the lock of the slab's class.
        if index >= unsafe { record.slab() }.carved as usize {
            return Some(Whereabouts::Uncarved);
        }
        // SAFETY: as above.
        let is_free = unsafe { slab::is_free(span, index) };
        Some(if is_free {
            Whereabouts::Free
        } else {
            Whereabouts::Out
        })
    }

    /// Whether the block lies free in the depot.
    pub(crate) fn pools(&self, block: *mut u8) -> bool {
        self.state.lock().depot.holds(block)
    }

    /// Has every free block of the class marked, also those that nobody freed yet.
    pub(crate) fn mark_with(&mut self, key: Key) {
        self.mark = Some(key);
    }
}

/// Copies a magazine's blocks to `out` and empties it.
///
/// # Safety
///
/// The magazine is the caller's; `out` has room for its blocks.
unsafe fn unload(mut magazine: NonNull<Magazine>, out: *mut *mut u8) -> usize {
    // SAFETY: the magazine is the caller's.
    let count = core::mem::take(&mut unsafe { magazine.as_mut() }.count);
    // SAFETY: as above.
    let from = unsafe { blocks(magazine) };
    // SAFETY: the magazine held `count` blocks, `out` has room for them, and they are different records.
    unsafe { out.copy_from_nonoverlapping(from, count) };
    count
}
