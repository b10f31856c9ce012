//! `GlobalAlloc` of a hardened allocator: every request and every free of a class passes here, out of line.

use core::ptr::NonNull;

use super::Generated;
use super::slow::{Entry, Statics, alloc_small, enter, free, refuse};
use crate::allocator::Freed;
use crate::class::ScaledClass;
use crate::error::FreeError;
use crate::fallback;
use crate::thread_cache::{Cold, bin};

/// A block of `class` for `size` bytes; or null.
#[inline(never)]
pub(super) fn alloc_hardened<G: Generated>(class: ScaledClass, size: usize) -> *mut u8 {
    alloc_small_hardened(Statics::of::<G>(), class.index(), size)
}

fn alloc_small_hardened(statics: Statics, class: usize, size: usize) -> *mut u8 {
    if let Some((engine, cold)) = statics.bound()
        // SAFETY: the cache is this thread's, which is not inside the slow path.
        && let Some(block) = unsafe { Cold::pop_any(cold, class) }
    {
        engine.hand_out(class, block, size, statics.owner());
        return block.as_ptr();
    }
    alloc_small(statics, class, size)
}

/// Frees a block that was requested with `size` bytes, if it is one.
///
/// # Safety
///
/// If `block` is a live block of this allocator, nobody uses it any more.
#[inline(never)]
pub(super) unsafe fn dealloc_hardened<G: Generated>(block: *mut u8, size: usize) {
    if let Some(block) = NonNull::new(block) {
        // SAFETY: the caller's promise.
        unsafe { dealloc_small_hardened(Statics::of::<G>(), block, size) };
    }
}

/// # Safety
///
/// As [`dealloc_hardened`].
unsafe fn dealloc_small_hardened(statics: Statics, block: NonNull<u8>, size: usize) {
    if let Some((engine, _)) = statics.bound() {
        // SAFETY: the caller's promise.
        match unsafe { engine.take_back(block.as_ptr().addr(), Some(size)) } {
            Ok(Some(freed)) => {
                let ours = freed.owner.is_none_or(|owner| owner == statics.owner());
                // SAFETY: `Generated` promises a bin for each class.
                let bin = unsafe { bin(statics.locals, ScaledClass::new(freed.class)) };
                if !(ours && bin.push(freed.block)) {
                    // SAFETY: the block has just become free, and is ours to give.
                    unsafe { keep_freed(statics, &freed) };
                }
                return;
            }
            // Another allocator's, unless it was lent.
            Ok(None) | Err(FreeError::ForeignPointer) => {}
            Err(error) => refuse(block, size, &error),
        }
    }
    // SAFETY: the caller's promise.
    if let Err(error) = unsafe { free(statics, block, Some(size)) } {
        refuse(block, size, &error);
    }
}

/// Ends the process unless `block` is a live one of `size` bytes: before it is copied.
pub(super) fn check_live(statics: Statics, block: *mut u8, size: usize) {
    if let (Some(engine), Some(block)) = (statics.runtime.started(), NonNull::new(block))
        && let Err(error) = engine.find_unlocked(block.as_ptr().addr(), Some(size))
        && fallback::size_of(block.as_ptr().addr()).is_none()
    {
        refuse(block, size, &error);
    }
}

/// Keeps a block of a hardened allocator that was just freed, where the thread's stack is full or not its owner's.
///
/// # Safety
///
/// The block is the caller's to give, and the thread not inside the slow path.
#[cold]
unsafe fn keep_freed(statics: Statics, freed: &Freed) {
    if let Entry::Ready(visit) = enter(statics) {
        // SAFETY: the caller's promise.
        unsafe { visit.keep_freed(freed) };
    }
}
