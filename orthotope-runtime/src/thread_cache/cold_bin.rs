//! One class's stack as the slow path has it: in and out of service, and its oldest blocks to the central pool.

use core::cell::Cell;
use core::ptr::{self, NonNull};
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
    /// Blocks that the stack keeps after a free: what the limits say, or one by grant.
    pub(super) keep: Cell<usize>,
    /// Blocks that the next refill asks for: it grows with use.
    pub(super) want: Cell<usize>,
    /// Entry zero of the stack; null until the class's first use. Atomic for the sake of statistics.
    pub(super) base: AtomicPtr<*mut u8>,
    /// Blocks in the stack when the owner last passed here: what other threads may read, since a thread's
    /// `Locals` may be gone before its hook has run.
    pub(super) seen: AtomicUsize,
    /// Blocks that the stack has room for.
    pub(super) capacity: Cell<usize>,
    /// An empty magazine, to be exchanged for a full one.
    pub(super) spare: Cell<Option<NonNull<Magazine>>>,
    /// Blocks of other owners that this thread freed, fewer than a magazine's.
    pub(super) staged: Cell<Option<NonNull<Magazine>>>,
    /// How many. Atomic for the sake of statistics.
    pub(super) staged_count: AtomicUsize,
}

impl ColdBin {
    /// Whether the class keeps no block by itself.
    pub(super) fn takes_grants(&self) -> bool {
        self.limits.keep == 0
    }

    /// Whether the class keeps a block by grant.
    pub(super) fn is_granted(&self) -> bool {
        self.takes_grants() && self.keep.get() > 0
    }

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
        // Not after the work that follows, as this thread sees it.
        compiler_fence(Ordering::SeqCst);
        len
    }

    /// Puts the stack, with `len` blocks, back into service.
    pub(super) fn offer(&self, hot: &Bin, len: usize) {
        compiler_fence(Ordering::SeqCst);
        let base = self.base.load(Ordering::Relaxed);
        hot.top.store(base.wrapping_add(len), Ordering::Relaxed);
        hot.limit.set(base.wrapping_add(self.keep.get()));
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
                // SAFETY: a magazine has room for `count`; the stack is another record.
                unsafe { blocks(magazine).copy_from_nonoverlapping(oldest, count) };
                // SAFETY: the magazine is ours.
                unsafe { magazine.as_mut() }.count = count;
                // SAFETY: the magazine and its blocks are ours to give.
                self.spare.set(unsafe { central.publish(arena, magazine) });
            }
            None => {
                for index in 0..count {
                    // SAFETY: the entry is one of the stack's, its block free and ours.
                    unsafe { central.put_one(arena, *oldest.add(index)) };
                }
            }
        }
        // SAFETY: `count <= len` entries move down within the stack.
        unsafe { oldest.copy_from(oldest.add(count), len - count) };
        len - count
    }
}
