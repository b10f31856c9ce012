//! Any block of a stack instead of the one on top: in a hardened allocator nobody foresees which block comes next.

use core::ptr::NonNull;

use super::cold::{Cold, hot_bin};
use crate::random::Random;
use crate::sync::Ordering;

impl Cold {
    /// Makes the order in which blocks come one that follows from `seed`.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    pub(crate) unsafe fn seed(cold: NonNull<Self>, seed: u64) {
        // SAFETY: the caller's cache; the field alone, since a registry's neighbours write the links.
        unsafe { (*cold.as_ptr()).random.set(Random::new(seed)) };
    }

    /// Takes a block from near the top of the stack of `class`; `None` if it is empty.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, and not inside the slow path.
    #[inline]
    pub(crate) unsafe fn pop_any(cold: NonNull<Self>, class: usize) -> Option<NonNull<u8>> {
        // SAFETY: the owner's bins.
        let (this, hot) = unsafe { (Self::bin(cold, class), hot_bin(cold, class)) };
        let block = hot.pop()?;
        // The stack is set up, since it held a block; it holds one less now.
        let left = this.len(hot);
        // SAFETY: the caller's cache, as in `seed`.
        let sequence = unsafe { &(*cold.as_ptr()).random };
        let mut random = sequence.get();
        // One of sixteen entries, a cache line or two of pointers, or of fewer if there are no more.
        let drawn = random.below_16();
        sequence.set(random);
        let below = if drawn > left {
            drawn % (left + 1)
        } else {
            drawn
        };
        if below == 0 {
            return Some(block);
        }
        let entry = hot.top.load(Ordering::Relaxed).wrapping_sub(below - 1);
        // SAFETY: `below` is at most the number of blocks left, so the entry is one of the stack's, and not entry zero.
        NonNull::new(unsafe { entry.replace(block.as_ptr()) })
    }
}
