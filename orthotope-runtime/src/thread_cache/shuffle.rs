//! The order of a stack's blocks, in a hardened allocator: nobody foresees which of those that were freed comes next.

use core::ptr::NonNull;

use super::cold::Cold;
use super::{Locals, bin};
use crate::class::ScaledClass;
use crate::random::Random;
use crate::sync::Ordering;

/// Entries of a stack that a freed block becomes one of.
const CHOICE: usize = 16;

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
}

/// Puts a block of `class` near the top of its stack, at a place that is drawn: nobody foresees how soon it comes again.
/// It is drawn here and not when a block is taken, since whoever takes one waits for it.
///
/// # Safety
///
/// The locals are the calling thread's, with a bin for the class that has room. The block is of the class, and the
/// caller's to give.
#[inline(always)]
pub(crate) unsafe fn push_anywhere(
    locals: NonNull<Locals>,
    class: ScaledClass,
    block: NonNull<u8>,
) {
    // SAFETY: the caller's promise.
    let hot = unsafe { bin(locals, class) };
    // SAFETY: a stack that has room is a cache's, and locals that have one lead to it.
    let cold = unsafe { NonNull::new_unchecked(locals.as_ref().cold.get()) };
    // SAFETY: the caller's cache, with as many classes as there are bins.
    let len = unsafe { Cold::bin(cold, class.index()) }.len(hot);
    // SAFETY: the caller's cache, as in `seed`.
    let sequence = unsafe { &(*cold.as_ptr()).random };
    let mut random = sequence.get();
    // One of the uppermost sixteen entries, a cache line or two of pointers, or of all if they are fewer.
    let below = random.below_small((len + 1).min(CHOICE));
    sequence.set(random);
    let top = hot.top.load(Ordering::Relaxed).wrapping_add(1);
    let entry = top.wrapping_sub(below);
    // SAFETY: the stack has room for one more entry, and the other is that one or one of the `len` below it.
    unsafe { top.write(*entry) };
    // SAFETY: as above.
    unsafe { entry.write(block.as_ptr()) };
    hot.top.store(top, Ordering::Relaxed);
}
