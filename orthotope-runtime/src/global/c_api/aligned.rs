//! Blocks of an alignment that the caller states.
//!
//! An alignment must be a power of two. What is not more than 16 is `malloc`'s; up to 64 KiB it is a class's whose blocks
//! lie where such multiples do; beyond, a large block's.

use core::ffi::{c_int, c_void};

use super::super::{Generated, sampled};
use super::refused;
use super::slow::{allocate, attempt, keeping_errno};
use super::symbol::by_symbol;
use crate::sys::page_bytes;

/// `posix_memalign`: 0, and a block in `*place`; else `EINVAL` for an alignment that is no power of two or no multiple of a
/// pointer's size, or `ENOMEM`, and `*place` as it was. The error number stays as it is.
///
/// # Safety
///
/// `place` can be written.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     let mut block = core::ptr::null_mut();
///     assert_eq!(c_api::posix_memalign::<CPool>(&raw mut block, 4_096, 100), 0);
///     assert!(block.addr().is_multiple_of(4_096));
///     c_api::free::<CPool>(block);
///     assert_ne!(c_api::posix_memalign::<CPool>(&raw mut block, 3, 100), 0);
/// }
/// ```
#[inline]
#[must_use]
pub unsafe extern "C" fn posix_memalign<G: Generated>(
    place: *mut *mut c_void,
    align: usize,
    size: usize,
) -> c_int {
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<*mut c_void>()) {
        return libc::EINVAL;
    }
    let serve = || keeping_errno(|| attempt::<G>(size, align));
    let block = if sampled::is_due::<G>(size) {
        sampled::alloc::<G>(size, serve)
    } else {
        serve()
    };
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller's promise.
    unsafe { place.write(block.cast()) };
    0
}

/// `aligned_alloc`: a block of `size` bytes, which need be no multiple of `align`; or null, and `EINVAL` or `ENOMEM`.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     let block = c_api::aligned_alloc::<CPool>(64, 100);
///     assert!(block.addr().is_multiple_of(64));
///     c_api::free::<CPool>(block);
/// }
/// ```
#[inline]
#[must_use]
pub extern "C" fn aligned_alloc<G: Generated>(align: usize, size: usize) -> *mut c_void {
    if !align.is_power_of_two() {
        return refused(libc::EINVAL);
    }
    if sampled::is_due::<G>(size) {
        return sampled::alloc::<G>(size, || allocate::<G>(size, align).cast()).cast();
    }
    allocate::<G>(size, align)
}

/// `memalign`: the same.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     let block = c_api::memalign::<CPool>(64, 100);
///     assert!(block.addr().is_multiple_of(64));
///     c_api::free::<CPool>(block);
/// }
/// ```
#[inline]
#[must_use]
pub extern "C" fn memalign<G: Generated>(align: usize, size: usize) -> *mut c_void {
    aligned_alloc::<G>(align, size)
}

/// `valloc`: a block aligned to a page, from the program's `memalign`.
///
/// # Safety
///
/// `memalign` is exported under that name.
#[inline]
#[must_use]
pub unsafe extern "C" fn valloc<G: Generated>(size: usize, memalign: Memalign) -> *mut c_void {
    let memalign = by_symbol!("memalign", memalign);
    // SAFETY: whoever defines the symbol keeps to its declaration.
    unsafe { memalign(page_bytes(), size) }
}

/// `pvalloc`: the same of whole pages, at least one.
///
/// # Safety
///
/// `memalign` is exported under that name.
#[inline]
#[must_use]
pub unsafe extern "C" fn pvalloc<G: Generated>(size: usize, memalign: Memalign) -> *mut c_void {
    let page = page_bytes();
    let memalign = by_symbol!("memalign", memalign);
    match size.max(1).checked_next_multiple_of(page) {
        // SAFETY: as above.
        Some(bytes) => unsafe { memalign(page, bytes) },
        None => refused(libc::ENOMEM),
    }
}

type Memalign = unsafe extern "C" fn(usize, usize) -> *mut c_void;
