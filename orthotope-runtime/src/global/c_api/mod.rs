//! C's `malloc` family, over a generated type: what the functions that the attribute exports call.
//!
//! Owns what C and POSIX say of them: which requests are refused and how, that `free` keeps the error number, and
//! that a pointer which is no live block ends the process. `malloc` and `free` are here, a screen together, and are
//! inlined into the exported functions; they and what they leave to have C's calling convention, which cannot unwind, so
//! that leaving is a jump. Read on in this order: here, `slow`, `resized`, `aligned`, `symbol`.
//!
//! A block is found by its address alone, through the page directory, whatever a program did to it. While it is free its
//! second word is marked: see `Engine::find_marked`.

mod aligned;
mod resized;
mod slow;
mod symbol;

use core::ffi::c_void;
use core::ptr::{self, NonNull};

pub use aligned::{aligned_alloc, memalign, posix_memalign, pvalloc, valloc};
pub use resized::{malloc_usable_size, realloc, reallocarray};
use slow::{calloc_slow, free_slow, malloc_slow};

use super::fast::push_marked;
use super::{Derived, Generated, sampled};
use crate::block::mark_of;
use crate::class::ScaledClass;
use crate::sync::Ordering;
use crate::sys::set_errno;
use crate::thread_cache::bin;

/// Alignment of every block.
const ALIGN: usize = 16;

/// `malloc`: a block of at least `size` bytes, aligned to 16; or null, and `ENOMEM`.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     let block = c_api::malloc::<CPool>(100);
///     assert!(block.addr().is_multiple_of(16));
///     c_api::free::<CPool>(block);
///     assert!(c_api::malloc::<CPool>(usize::MAX).is_null());
/// }
/// ```
#[inline(always)]
#[must_use]
pub extern "C" fn malloc<G: Generated>(size: usize) -> *mut c_void {
    if sampled::is_due::<G>(size) {
        return sampled::alloc::<G>(size, || malloc_uncounted::<G>(size).cast()).cast();
    }
    malloc_uncounted::<G>(size)
}

/// [`malloc`] of a request that was counted.
#[inline(always)]
extern "C" fn malloc_uncounted<G: Generated>(size: usize) -> *mut c_void {
    if G::MARKS
        && size.wrapping_sub(1) < G::SMALL
        && let Some(block) = pop::<G>(G::TABLE.small(size))
    {
        return block.as_ptr().cast();
    }
    malloc_slow::<G>(size)
}

/// `calloc`: the same for `count` times `size` bytes, all zero. Their product may overflow: then it is refused.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     let block = c_api::calloc::<CPool>(10, 8);
///     assert_eq!(block.cast::<[u64; 10]>().read(), [0; 10]);
///     c_api::free::<CPool>(block);
///     assert!(c_api::calloc::<CPool>(usize::MAX, 2).is_null());
/// }
/// ```
#[inline(always)]
#[must_use]
pub extern "C" fn calloc<G: Generated>(count: usize, size: usize) -> *mut c_void {
    // What overflows is refused.
    let bytes = count.wrapping_mul(size);
    if sampled::is_due::<G>(bytes) {
        let serve = || calloc_uncounted::<G>(count, size).cast();
        return sampled::alloc::<G>(bytes, serve).cast();
    }
    calloc_uncounted::<G>(count, size)
}

/// [`calloc`] of a request that was counted.
#[inline(always)]
extern "C" fn calloc_uncounted<G: Generated>(count: usize, size: usize) -> *mut c_void {
    if G::MARKS
        && let Some(bytes) = count.checked_mul(size)
        && bytes.wrapping_sub(1) < G::SMALL
        && let Some(block) = pop::<G>(G::TABLE.small(bytes))
    {
        // SAFETY: the block is new, and has at least so many bytes.
        unsafe { block.write_bytes(0, bytes) };
        return block.as_ptr().cast();
    }
    calloc_slow::<G>(count, size)
}

/// `free`: gives a block back; null is none. Whatever else is no live block ends the process with a line that says so.
///
/// # Safety
///
/// If `block` is a live block, nobody uses it any more.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     c_api::free::<CPool>(core::ptr::null_mut());
///     let block = c_api::malloc::<CPool>(100);
///     c_api::free::<CPool>(block);
/// }
/// ```
#[inline(always)]
pub unsafe extern "C" fn free<G: Generated>(block: *mut c_void) {
    if sampled::is_watched::<G>(block.cast()) {
        // SAFETY: the caller's promise.
        return sampled::free::<G>(block.cast(), || unsafe { free_unwatched::<G>(block) });
    }
    // SAFETY: the caller's promise.
    unsafe { free_unwatched::<G>(block) }
}

/// [`free`] of a block that is not in the heap profile's table.
///
/// # Safety
///
/// As [`free`].
#[inline(always)]
unsafe extern "C" fn free_unwatched<G: Generated>(block: *mut c_void) {
    if let Some((freed, class)) = small::<G>(block)
        // SAFETY: the page directory says that it is of this class; the rest is the caller's promise.
        && unsafe { push_marked::<G>(freed, ScaledClass::new(class)) }
    {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { free_slow::<G>(block) }
}

/// A block off this thread's stack of `class`, as one that is live.
#[inline(always)]
fn pop<G: Generated>(class: ScaledClass) -> Option<NonNull<u8>> {
    // SAFETY: `Generated` promises a bin for each class.
    let block = unsafe { bin(G::locals(), class) }.pop()?;
    // SAFETY: the block is of this allocator, whose classes are multiples of 16, and ours.
    unsafe { mark_of(block) }.store(0, Ordering::Relaxed);
    Some(block)
}

/// A pointer, and the class of the block that starts there, if the home region has one that may be live.
#[inline(always)]
fn small<G: Generated>(block: *mut c_void) -> Option<(NonNull<u8>, usize)> {
    let class = G::runtime().home().class_at(block.addr(), G::RECIPROCALS)?;
    // SAFETY: no region of an arena starts at null.
    Some((unsafe { NonNull::new_unchecked(block.cast()) }, class))
}

/// What a refused request gets.
#[cold]
fn refused(number: libc::c_int) -> *mut c_void {
    set_errno(number);
    ptr::null_mut()
}
