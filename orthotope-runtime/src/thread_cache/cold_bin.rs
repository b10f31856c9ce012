//! One class's stack as the slow path has it: in and out of service, and its oldest blocks to the central pool.

use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::slice;
use core::sync::atomic::compiler_fence;

use super::{Bin, SENTINEL};
use crate::arena::Arena;
use crate::central::Central;
use crate::config::ClassLimits;
use crate::depot::{Magazine, blocks};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};

/// The cold half of one class's bin.
pub(super) struct ColdBin {
    pub(super) limits: ClassLimits,
    /// Blocks that the stack keeps after a free: `allowance <= limits.keep`, and `hot.limit == base + allowance`.
    pub(super) allowance: Cell<usize>,
    /// Blocks that the next refill asks for: it grows with use.
    pub(super) want: Cell<usize>,
    /// How often the class came here lately, as of `epoch`.
    pub(super) came: Cell<usize>,
    pub(super) epoch: Cell<usize>,
    /// Whether it gave, and did not come since.
    pub(super) gave: Cell<bool>,
    /// Entry zero of the stack; null until the class's first use. Atomic for the sake of statistics.
    pub(super) base: AtomicPtr<*mut u8>,
    /// Blocks in the stack when the owner last passed here: what other threads may read, since a thread's
    /// `Locals` may be gone before its hook has run.
    pub(super) seen: AtomicUsize,
    /// Blocks that the stack has room for: at least `refill`, `keep + 1` and a magazine's.
    pub(super) capacity: Cell<usize>,
    /// An empty magazine, to be exchanged for a full one: its `count` is 0.
    pub(super) spare: Cell<Option<NonNull<Magazine>>>,
    /// Blocks of other owners that this thread freed, fewer than a magazine's.
    pub(super) staged: Cell<Option<NonNull<Magazine>>>,
    /// How many: `staged.count`, less than a magazine's. Atomic for the sake of statistics.
    pub(super) staged_count: AtomicUsize,
}

impl ColdBin {
    pub(super) fn len(&self, hot: &Bin) -> usize {
        (hot.top.load(Ordering::Relaxed).addr() - self.base.load(Ordering::Relaxed).addr())
            / size_of::<*mut u8>()
    }

    /// Takes the stack out of service, so that whoever comes here from inside neither pops nor pushes.
    /// Returns how many blocks it holds.
    pub(super) fn withdraw(&self, hot: &Bin) -> usize {
        let len = self.len(hot);
        hot.top
            .store((&raw const SENTINEL.0).cast_mut(), Ordering::Relaxed);
        hot.limit.set(ptr::null_mut());
        // Not after the work that follows: pairs with the order in which a signal handler of this thread finds both.
        compiler_fence(Ordering::SeqCst);
        len
    }

    /// Puts the stack, with `len` blocks, back into service.
    pub(super) fn offer(&self, hot: &Bin, len: usize) {
        // Not before the work that went before, as in `withdraw`.
        compiler_fence(Ordering::SeqCst);
        let base = self.base.load(Ordering::Relaxed);
        hot.top.store(base.wrapping_add(len), Ordering::Relaxed);
        hot.limit.set(base.wrapping_add(self.allowance.get()));
        self.seen.store(len, Ordering::Relaxed);
    }

    /// Moves the oldest of `len` blocks, a magazine of them or as many as there are, to the central pool.
    /// Returns how many stay. The stack is out of service.
    pub(super) fn flush(&self, len: usize, arena: &Arena, central: &Central) -> usize {
        let count = len.min(central.magazine());
        let base = self.base.load(Ordering::Relaxed);
        // SAFETY: entry one is in the stack.
        let oldest = unsafe { base.add(1) };
        match self.spare.take().or_else(|| central.empty_magazine(arena)) {
            Some(mut magazine) => {
                // SAFETY: the magazine is one of the class's.
                let place = unsafe { blocks(magazine) };
                // SAFETY: a magazine has room for `count`; the stack is another record.
                unsafe { place.copy_from_nonoverlapping(oldest, count) };
                // SAFETY: the magazine is ours.
                unsafe { magazine.as_mut() }.count = count;
                // SAFETY: the magazine and its blocks are ours to give.
                self.spare.set(unsafe { central.publish(arena, magazine) });
            }
            None => {
                // SAFETY: the stack holds `len` blocks, at least `count`.
                for &block in unsafe { slice::from_raw_parts(oldest, count) } {
                    // SAFETY: the block is free and ours.
                    unsafe { central.put_one(arena, block) };
                }
            }
        }
        // SAFETY: the stack holds `len` blocks, and the oldest `count` are gone.
        unsafe { self.close_gap(len, count) }
    }

    /// Moves the oldest `count` of `len` blocks, or a magazine's if they are more, to the central pool, where fewer
    /// share a magazine with others. Returns how many stay. The stack is out of service.
    #[inline(never)]
    pub(super) fn shed(&self, len: usize, count: usize, arena: &Arena, central: &Central) -> usize {
        if count >= central.magazine() {
            return self.flush(len, arena, central);
        }
        let base = self.base.load(Ordering::Relaxed);
        // SAFETY: entry one is in the stack.
        let oldest = unsafe { base.add(1) };
        // SAFETY: the stack holds `len` blocks, of which `count` are no more.
        let oldest = unsafe { slice::from_raw_parts(oldest, count) };
        let mut spare = self.spare.take();
        // SAFETY: the blocks are free and ours.
        unsafe { central.give(arena, &mut spare, oldest) };
        self.spare.set(spare);
        // SAFETY: the stack holds `len` blocks, and the oldest `count` are gone.
        unsafe { self.close_gap(len, count) }
    }

    /// Moves what is left of `len` blocks down to where the oldest `count` were. Returns how many are left.
    ///
    /// # Safety
    ///
    /// The stack holds `len` blocks, at least `count`.
    unsafe fn close_gap(&self, len: usize, count: usize) -> usize {
        // SAFETY: entry one is in the stack.
        let oldest = unsafe { self.base.load(Ordering::Relaxed).add(1) };
        // SAFETY: the stack holds `len` blocks, at least `count`.
        let rest = unsafe { oldest.add(count) };
        // SAFETY: `len - count` entries move down within the stack.
        unsafe { oldest.copy_from(rest, len - count) };
        len - count
    }
}
