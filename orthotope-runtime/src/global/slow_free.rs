//! The rest of `GlobalAlloc::dealloc`, out of line: whose a block is, and what becomes of an invalid free.
//!
//! Thin generic functions over code that is compiled once, as in `slow`. Nothing here panics or unwinds.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::alloc::System;

use super::fast::dealloc_class;
use super::hardened::dealloc_hardened;
use super::slow::{Entry, Statics, enter, large_size};
use super::{Generated, Route, route};
use crate::allocator::Engine;
use crate::class::ScaledClass;
use crate::error::FreeError;
use crate::fallback;
use crate::sys::die;

/// # Safety
///
/// As `dealloc_class`.
#[cold]
#[inline(never)]
pub(super) unsafe fn dealloc_slow<G: Generated>(block: *mut u8, class: usize, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { dealloc_small(Statics::of::<G>(), block, class, size) }
}

/// # Safety
///
/// As `dealloc_class`.
unsafe fn dealloc_small(statics: Statics, block: *mut u8, class: usize, size: usize) {
    let Some(block) = NonNull::new(block) else {
        return;
    };
    match enter(statics) {
        Entry::Ready(visit) if !statics.config.header && !statics.config.c_api => {
            // The fast path does not ask where a block is from; here it costs next to nothing.
            let address = block.as_ptr().addr();
            if visit.engine.lies_in_slab(address, class)
                || is_otherwise(visit.engine, block, class, size)
            {
                // SAFETY: the block is one of this class, and given up by the caller.
                unsafe { visit.free_local(class, block) };
            }
        }
        Entry::Ready(visit) => {
            if fallback::give(block.as_ptr().addr()) {
                return;
            }
            // Without a header the alignment may have chosen a class that is none of the size's.
            let stated = statics.config.header.then_some(size);
            // SAFETY: the caller's promise.
            if let Err(error) = unsafe { visit.free_checked(block, stated) } {
                refuse(block, size, &error);
            }
        }
        Entry::Busy | Entry::Failed => {
            let stated = statics.config.header.then_some(size);
            // SAFETY: the caller's promise.
            if let Err(error) = unsafe { defer(statics, block, stated) } {
                refuse(block, size, &error);
            }
        }
    }
}

/// Whether a block without a header, not of the first region, is one of `class` all the same. If it was lent, it goes back;
/// if it is none, the process ends.
#[cold]
#[inline(never)]
fn is_otherwise(engine: &Engine, block: NonNull<u8>, class: usize, size: usize) -> bool {
    let address = block.as_ptr().addr();
    match engine.confirm(address, class, size) {
        Ok(()) => true,
        Err(FreeError::ForeignPointer) if fallback::give(address) => false,
        Err(error) => refuse(block, size, &error),
    }
}

/// `dealloc` of a layout whose class is not one load away. Cold, as `alloc_other_slow` is.
///
/// # Safety
///
/// As `GlobalAlloc::dealloc`.
#[cold]
#[inline(never)]
pub(super) unsafe fn dealloc_other_slow<G: Generated>(block: *mut u8, layout: Layout) {
    match route::<G>(layout.size(), layout.align()) {
        // SAFETY: the caller's promise; the route is the one that `alloc` took.
        Route::Class(class) => unsafe {
            dealloc_class::<G>(block, ScaledClass::new(class), layout.size())
        },
        // SAFETY: as above.
        Route::Large if G::CONFIG.hardened => unsafe {
            dealloc_hardened::<G>(block, layout.size())
        },
        // SAFETY: as above.
        Route::Large => unsafe {
            dealloc_large(Statics::of::<G>(), block, large_size::<G>(layout))
        },
        // SAFETY: as above.
        Route::System => unsafe { System.dealloc(block, layout) },
    }
}

/// # Safety
///
/// As `GlobalAlloc::dealloc`, of a large layout.
unsafe fn dealloc_large(statics: Statics, block: *mut u8, size: usize) {
    let Some(block) = NonNull::new(block) else {
        return;
    };
    if let Some((engine, lane)) = statics.lane()
        && engine.park_large(lane, block.as_ptr().addr(), Some(size))
    {
        return;
    }
    // SAFETY: the caller's promise.
    if let Err(error) = unsafe { free(statics, block, Some(size)) } {
        refuse(block, size, &error);
    }
}

/// An invalid free through `GlobalAlloc`, which has no way to say so: one line on stderr, and the end.
#[cold]
pub(super) fn refuse(block: NonNull<u8>, size: usize, error: &FreeError) -> ! {
    die(format_args!(
        "invalid free of {block:p} as {size} bytes: {error}"
    ))
}

/// # Safety
///
/// If the block is live, nobody uses it any more.
pub(super) unsafe fn free(
    statics: Statics,
    block: NonNull<u8>,
    size: Option<usize>,
) -> Result<(), FreeError> {
    if fallback::give(block.as_ptr().addr()) {
        return Ok(());
    }
    match enter(statics) {
        // SAFETY: the caller's promise.
        Entry::Ready(visit) => unsafe { visit.free_checked(block, size) },
        // SAFETY: the caller's promise.
        Entry::Busy => unsafe { defer(statics, block, size) },
        Entry::Failed => Err(FreeError::GlobalInitFailed),
    }
}

/// Frees a block for a thread that is inside the slow path already: as soon as it comes out.
///
/// # Safety
///
/// If the block is live, nobody uses it any more.
unsafe fn defer(
    statics: Statics,
    block: NonNull<u8>,
    size: Option<usize>,
) -> Result<(), FreeError> {
    let address = block.as_ptr().addr();
    if fallback::give(address) {
        return Ok(());
    }
    let Some(engine) = statics.runtime.started() else {
        return Err(FreeError::GlobalInitFailed);
    };
    engine.find_unlocked(address, size)?;
    // SAFETY: a live block of the arena, given up by the caller; classes are a word long and aligned.
    unsafe { engine.deferred.push(block) };
    Ok(())
}
