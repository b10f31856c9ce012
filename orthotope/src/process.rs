//! The process-wide functions, over the default preset's arena.

use core::ptr::NonNull;

use crate::{AllocError, AllocatorStats, FreeError, InitError, OrthotopeGlobalAlloc};

/// Allocates `size` bytes, aligned to 64, from the process-wide arena.
///
/// The memory is uninitialised. Free it with [`deallocate`] or [`deallocate_with_size`], from any thread.
///
/// # Errors
///
/// [`AllocError::ZeroSize`] for zero bytes; [`AllocError::OutOfMemory`] if the system has no more memory;
/// [`AllocError::GlobalInitFailed`] if it refused every size of arena.
///
/// ```
/// let block = orthotope::allocate(6_144)?;
/// // SAFETY: the block is live and not used afterwards.
/// unsafe { orthotope::deallocate(block)? };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn allocate(size: usize) -> Result<NonNull<u8>, AllocError> {
    OrthotopeGlobalAlloc::allocate(size)
}

/// Frees a block of the process-wide arena. A refused free changes nothing.
///
/// # Errors
///
/// A [`FreeError`] that says why the pointer is not that of a live block.
///
/// # Safety
///
/// If `ptr` is a live block of the process-wide arena, nobody uses that block any more. A stale pointer
/// whose block has been handed out again cannot be told from the new holder's.
///
/// ```
/// use orthotope::FreeError;
///
/// let block = orthotope::allocate(100)?;
/// // SAFETY: the block is live and nobody uses it; the second free is refused.
/// unsafe {
///     orthotope::deallocate(block)?;
///     assert_eq!(orthotope::deallocate(block), Err(FreeError::DoubleFree));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub unsafe fn deallocate(ptr: NonNull<u8>) -> Result<(), FreeError> {
    // SAFETY: the caller's promise is the same.
    unsafe { OrthotopeGlobalAlloc::deallocate(ptr) }
}

/// Frees a block of the process-wide arena that was requested with exactly `size` bytes.
///
/// # Errors
///
/// As [`deallocate`], and [`FreeError::SizeMismatch`], which leaves the block live.
///
/// # Safety
///
/// As [`deallocate`].
///
/// ```
/// use orthotope::FreeError;
///
/// let block = orthotope::allocate(100)?;
/// // SAFETY: the block is live and nobody uses it; the wrong free is refused.
/// unsafe {
///     let wrong = orthotope::deallocate_with_size(block, 99);
///     assert_eq!(wrong, Err(FreeError::SizeMismatch { provided: 99, recorded: 100 }));
///     orthotope::deallocate_with_size(block, 100)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub unsafe fn deallocate_with_size(ptr: NonNull<u8>, size: usize) -> Result<(), FreeError> {
    // SAFETY: the caller's promise is the same.
    unsafe { OrthotopeGlobalAlloc::deallocate_with_size(ptr, size) }
}

/// A snapshot of the process-wide arena.
///
/// # Errors
///
/// Why the arena could not be set up: the same reason each time.
///
/// ```
/// let block = orthotope::allocate(20 << 20)?;
/// let stats = orthotope::global_stats()?;
/// assert_eq!(stats.large_live_allocations, 1);
/// assert!(stats.large_live_bytes >= 20 << 20);
/// // SAFETY: the block is live and not used afterwards.
/// unsafe { orthotope::deallocate(block)? };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn global_stats() -> Result<AllocatorStats, &'static InitError> {
    orthotope_runtime::global::allocator_stats::<OrthotopeGlobalAlloc>()
}
