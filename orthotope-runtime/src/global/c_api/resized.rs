//! `realloc` and `reallocarray`, and what `malloc_usable_size` says of a block.

use core::ffi::c_void;
use core::ptr::{self, NonNull};

use super::super::slow::{Statics, resize};
use super::super::{Derived, Generated, sampled};
use super::slow::{attempt, free_slow, give, keeping_errno, refuse};
use super::symbol::by_symbol;
use super::{malloc_uncounted, refused, small};
use crate::allocator::Sizes;
use crate::arena::GRANULE;
use crate::block::mark_of;
use crate::error::FreeError;
use crate::fallback;
use crate::sync::Ordering;

/// `realloc`: the block as one of `size` bytes, in another place if need be; or null and `ENOMEM`, and the block as it was. Of
/// no block, a new one; of no bytes, as in glibc, null, and the block is freed.
///
/// # Safety
///
/// As `free`, if what is returned differs from `block` and is not null, or `size` is zero.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     let block = c_api::malloc::<CPool>(100);
///     block.cast::<u8>().write(7);
///     let longer = c_api::realloc::<CPool>(block, 2_000);
///     assert_eq!(longer.cast::<u8>().read(), 7);
///     assert!(c_api::realloc::<CPool>(longer, 0).is_null());
/// }
/// ```
#[inline(always)]
#[must_use]
pub unsafe extern "C" fn realloc<G: Generated>(block: *mut c_void, size: usize) -> *mut c_void {
    if sampled::is_due::<G>(size) || sampled::is_watched::<G>(block.cast()) {
        // SAFETY: the caller's promise.
        let serve = move || unsafe { realloc_uncounted::<G>(block, size) }.cast();
        return sampled::realloc::<G>(block.cast(), size, serve).cast();
    }
    // SAFETY: the caller's promise.
    unsafe { realloc_uncounted::<G>(block, size) }
}

/// [`realloc`] of a request that was counted, and a block that is not in the heap profile's table.
///
/// # Safety
///
/// As [`realloc`].
#[inline(always)]
unsafe extern "C" fn realloc_uncounted<G: Generated>(
    block: *mut c_void,
    size: usize,
) -> *mut c_void {
    if size.wrapping_sub(1) < G::SMALL
        && let Some((held, class)) = small::<G>(block)
        && G::TABLE.small(size).index() == class
    {
        // SAFETY: a block of this allocator, by the page directory.
        let word = unsafe { mark_of(held) }.load(Ordering::Relaxed);
        // SAFETY: `Generated` promises this thread's locals.
        if word != unsafe { G::locals().as_ref() }.key.get().mark(block.addr()) {
            return block;
        }
    }
    // SAFETY: the caller's promise.
    unsafe { realloc_slow::<G>(block, size) }
}

/// # Safety
///
/// As `realloc`.
#[inline(never)]
unsafe extern "C" fn realloc_slow<G: Generated>(block: *mut c_void, size: usize) -> *mut c_void {
    let Some(held) = NonNull::new(block.cast::<u8>()) else {
        return malloc_uncounted::<G>(size);
    };
    if size == 0 {
        // SAFETY: the caller's promise.
        unsafe { free_slow::<G>(block) };
        return ptr::null_mut();
    }
    let statics = Statics::of::<G>();
    // SAFETY: the caller's promise.
    let moved = keeping_errno(|| unsafe { change::<G>(statics, held, size) });
    match moved {
        Some(moved) => moved.as_ptr().cast(),
        None => refused(libc::ENOMEM),
    }
}

/// # Safety
///
/// As `realloc`.
unsafe fn change<G: Generated>(
    statics: Statics,
    block: NonNull<u8>,
    size: usize,
) -> Option<NonNull<u8>> {
    let sizes = sizes(statics, block).unwrap_or_else(|error| refuse("realloc", block, &error));
    if isize::try_from(size).is_ok()
        && may_stay::<G>(&sizes, size)
        && let Some(resized) = resize(statics, block.as_ptr(), sizes.recorded, size)
    {
        return Some(resized);
    }
    let moved = NonNull::new(attempt::<G>(size, 1))?;
    // SAFETY: both blocks are live, different, and at least this long.
    unsafe { moved.copy_from_nonoverlapping(block, size.min(sizes.usable)) };
    // SAFETY: the caller gives the old block up.
    unsafe { give(statics, block) };
    Some(moved)
}

/// Whether a block may become one of `size` bytes without a copy: a large one as large, one of a class within the class, or
/// if it lies in a slab of its own and may have room behind it.
fn may_stay<G: Generated>(sizes: &Sizes, size: usize) -> bool {
    match sizes.class {
        Some(class) => {
            G::TABLE.class_of(size) == Some(class)
                || (sizes.usable < size && G::CONFIG.classes[class] > GRANULE / 2)
        }
        None => size > G::SERVED,
    }
}

/// What is known of the sizes of a live block.
fn sizes(statics: Statics, block: NonNull<u8>) -> Result<Sizes, FreeError> {
    let address = block.as_ptr().addr();
    if let Some(size) = fallback::size_of(address) {
        return Ok(Sizes {
            class: None,
            recorded: size,
            usable: size,
        });
    }
    match statics.runtime.started() {
        Some(engine) => engine.sizes(address),
        None => Err(FreeError::ForeignPointer),
    }
}

/// `malloc_usable_size`: bytes that the holder of a block may use; 0 for null.
///
/// # Safety
///
/// The block is not freed meanwhile.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global::c_api;
///
/// // SAFETY: the blocks are live and not used after their frees.
/// unsafe {
///     let block = c_api::malloc::<CPool>(100);
///     assert_eq!(c_api::malloc_usable_size::<CPool>(block), 128);
///     c_api::free::<CPool>(block);
/// }
/// ```
#[inline]
#[must_use]
pub unsafe extern "C" fn malloc_usable_size<G: Generated>(block: *mut c_void) -> usize {
    let Some(block) = NonNull::new(block.cast::<u8>()) else {
        return 0;
    };
    match keeping_errno(|| sizes(Statics::of::<G>(), block)) {
        Ok(sizes) => sizes.usable,
        Err(error) => refuse("malloc_usable_size", block, &error),
    }
}

/// `reallocarray`: as `realloc`, which is the program's, for `count` times `size` bytes. Their product may overflow: then it
/// is refused.
///
/// # Safety
///
/// As `realloc`, and the one given is exported under that name.
#[inline]
#[must_use]
pub unsafe extern "C" fn reallocarray<G: Generated>(
    block: *mut c_void,
    count: usize,
    size: usize,
    realloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
) -> *mut c_void {
    let realloc = by_symbol!("realloc", realloc);
    match count.checked_mul(size) {
        // SAFETY: the caller's promise; whoever defines the symbol keeps to its declaration.
        Some(bytes) => unsafe { realloc(block, bytes) },
        None => refused(libc::ENOMEM),
    }
}
