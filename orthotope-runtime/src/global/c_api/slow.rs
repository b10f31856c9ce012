//! The rest of `malloc`, `calloc` and `free`, out of line.
//!
//! What the system is asked on the way may set the error number, so every way through here puts it back.

use core::alloc::Layout;
use core::ffi::c_void;
use core::ptr::{self, NonNull};

use super::super::slow::Statics;
use super::super::slow_free::free;
use super::super::{Generated, fast};
use super::{ALIGN, refused};
use crate::error::FreeError;
use crate::sys::{die, errno, set_errno};

/// What `visit` returns, the error number as it was before.
pub(super) fn keeping_errno<R>(visit: impl FnOnce() -> R) -> R {
    let number = errno();
    let result = visit();
    set_errno(number);
    result
}

/// `malloc`, but for small sizes of which the thread has a block.
#[cold]
#[inline(never)]
pub(super) extern "C" fn malloc_slow<G: Generated>(size: usize) -> *mut c_void {
    allocate::<G>(size, ALIGN)
}

/// `calloc`, but for small sizes of which the thread has a block.
#[cold]
#[inline(never)]
pub(super) extern "C" fn calloc_slow<G: Generated>(count: usize, size: usize) -> *mut c_void {
    let layout = count
        .checked_mul(size)
        .and_then(|bytes| Layout::from_size_align(bytes.max(1), ALIGN).ok());
    or_refused(match layout {
        Some(layout) => keeping_errno(|| fast::alloc_zeroed_uncounted::<G>(layout)),
        None => ptr::null_mut(),
    })
}

/// A block of `size` bytes aligned to `align`, a power of two; or null, and `ENOMEM`.
pub(super) fn allocate<G: Generated>(size: usize, align: usize) -> *mut c_void {
    or_refused(keeping_errno(|| attempt::<G>(size, align)))
}

/// The same, or just null.
pub(super) fn attempt<G: Generated>(size: usize, align: usize) -> *mut u8 {
    match Layout::from_size_align(size.max(1), align.max(ALIGN)) {
        Ok(layout) => fast::alloc_uncounted::<G>(layout),
        // More than `PTRDIFF_MAX` bytes.
        Err(_) => ptr::null_mut(),
    }
}

fn or_refused(block: *mut u8) -> *mut c_void {
    if block.is_null() {
        return refused(libc::ENOMEM);
    }
    block.cast()
}

/// `free` of a block whose stack is full, of a large one, and of whatever looks wrong.
///
/// # Safety
///
/// As `free`.
#[inline(never)]
pub(super) unsafe extern "C" fn free_slow<G: Generated>(block: *mut c_void) {
    if let Some(block) = NonNull::new(block.cast()) {
        // SAFETY: the caller's promise.
        unsafe { give(Statics::of::<G>(), block) };
    }
}

/// Frees a block, or ends the process.
///
/// # Safety
///
/// As `free`.
pub(super) unsafe fn give(statics: Statics, block: NonNull<u8>) {
    keeping_errno(|| {
        if !statics.config.hardened
            && let Some((engine, lane)) = statics.lane()
            && engine.park_large(lane, block.as_ptr().addr(), None)
        {
            return;
        }
        // SAFETY: the caller's promise.
        if let Err(error) = unsafe { free(statics, block, None) } {
            refuse("free", block, &error);
        }
    });
}

/// The end of a program that passed a pointer to no live block.
#[cold]
pub(super) fn refuse(function: &str, block: NonNull<u8>, error: &FreeError) -> ! {
    let why = match error {
        FreeError::ForeignPointer | FreeError::GlobalInitFailed => {
            "it is no block of this allocator"
        }
        FreeError::DoubleFree => "the block is free already",
        FreeError::AlreadyFreedOrUnknownLarge => "no live block starts there: freed already?",
        FreeError::CorruptHeader | FreeError::SizeMismatch { .. } => {
            "it is inside a block, or was never handed out"
        }
    };
    die(format_args!("{function}({block:p}): {why}"))
}
