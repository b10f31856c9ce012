//! The allocator traits of other crates, and the standard library's: what a generated type does for each.
//!
//! Owns the bodies, which are the same for every trait, and the macro that the attribute's expansion calls. Which traits
//! that macro implements is decided by this crate's features, so the expansion is the same with each of them.
//!
//! A block is exactly as long as its layout says, though its class may have room for more: these traits free a block
//! with any size up to the one they were told, and a free with a header is held to the size that was asked for.

use core::alloc::Layout;
use core::num::NonZero;
use core::ptr::NonNull;

use orthotope_runtime::global::{self, Generated};

/// A block, exactly as long as its layout; `None` for null.
#[inline]
fn block_of(block: *mut u8, layout: Layout) -> Option<NonNull<[u8]>> {
    NonNull::new(block).map(|block| NonNull::slice_from_raw_parts(block, layout.size()))
}

/// What stands for an empty block: an aligned address without memory.
#[inline]
fn empty(layout: Layout) -> NonNull<[u8]> {
    // An alignment is a power of two, so never zero.
    let address = NonZero::new(layout.align()).unwrap_or(NonZero::<usize>::MIN);
    NonNull::slice_from_raw_parts(NonNull::without_provenance(address), 0)
}

/// `Allocator::allocate`; `None` where memory is exhausted.
#[inline]
#[must_use]
pub fn allocate<G: Generated>(layout: Layout) -> Option<NonNull<[u8]>> {
    if layout.size() == 0 {
        return Some(empty(layout));
    }
    // SAFETY: the layout is not empty.
    block_of(unsafe { global::alloc::<G>(layout) }, layout)
}

/// `Allocator::allocate_zeroed`; `None` where memory is exhausted.
#[inline]
#[must_use]
pub fn allocate_zeroed<G: Generated>(layout: Layout) -> Option<NonNull<[u8]>> {
    if layout.size() == 0 {
        return Some(empty(layout));
    }
    // SAFETY: the layout is not empty.
    block_of(unsafe { global::alloc_zeroed::<G>(layout) }, layout)
}

/// `Allocator::deallocate`.
///
/// # Safety
///
/// The block came from a function of this module for `G` and this layout, and nobody uses it any more.
#[inline]
pub unsafe fn deallocate<G: Generated>(block: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: a block that is not empty came from `alloc`, and the rest is the caller's promise.
        unsafe { global::dealloc::<G>(block.as_ptr(), layout) };
    }
}

/// `Allocator::grow`; `None` where memory is exhausted, and then the block is as it was.
///
/// # Safety
///
/// The block came from a function of this module for `G` and `old`, and `new` is no smaller. Unless the answer is `None`,
/// nobody uses the old block any more.
#[inline]
pub unsafe fn grow<G: Generated>(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Option<NonNull<[u8]>> {
    if old.size() == 0 {
        return allocate::<G>(new);
    }
    // SAFETY: the caller's promise, and neither layout is empty.
    unsafe { resize::<G>(block, old, new) }
}

/// `Allocator::grow_zeroed`: what is added is zero.
///
/// # Safety
///
/// As [`grow`].
#[inline]
pub unsafe fn grow_zeroed<G: Generated>(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Option<NonNull<[u8]>> {
    if old.size() == 0 {
        return allocate_zeroed::<G>(new);
    }
    // SAFETY: the caller's promise, and neither layout is empty.
    let grown = unsafe { resize::<G>(block, old, new) }?;
    // SAFETY: the new block has `new.size()` bytes, and that is no less.
    let added = unsafe { grown.cast::<u8>().add(old.size()) };
    // SAFETY: so many bytes follow `added` in the block, which is the caller's alone.
    unsafe { added.write_bytes(0, new.size() - old.size()) };
    Some(grown)
}

/// `Allocator::shrink`; `None` where memory is exhausted, and then the block is as it was.
///
/// # Safety
///
/// As [`grow`], but `new` is no larger.
#[inline]
pub unsafe fn shrink<G: Generated>(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Option<NonNull<[u8]>> {
    if new.size() == 0 {
        // SAFETY: the caller's promise.
        unsafe { deallocate::<G>(block, old) };
        return Some(empty(new));
    }
    // SAFETY: the caller's promise, and neither layout is empty.
    unsafe { resize::<G>(block, old, new) }
}

/// In place or elsewhere where the alignment stays; else a block of the new layout, with what fits of the old one's bytes.
///
/// # Safety
///
/// The block came from a function of this module for `G` and `old`, and neither layout is empty. Unless the answer is
/// `None`, nobody uses the old block any more.
#[inline]
unsafe fn resize<G: Generated>(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Option<NonNull<[u8]>> {
    if old.align() == new.align() {
        // SAFETY: the caller's promise; the new size is a layout's of the same alignment, so it does not overflow.
        let moved = unsafe { global::realloc::<G>(block.as_ptr(), old, new.size()) };
        return block_of(moved, new);
    }
    let moved = allocate::<G>(new)?;
    let kept = old.size().min(new.size());
    // SAFETY: both blocks are live, so apart, and neither is shorter than `kept`.
    unsafe { moved.cast::<u8>().copy_from_nonoverlapping(block, kept) };
    // SAFETY: the caller's promise.
    unsafe { deallocate::<G>(block, old) };
    Some(moved)
}

/// Implements all that this crate's features ask for, for a type that the attribute generated.
#[doc(hidden)]
#[macro_export]
macro_rules! __allocator_traits {
    ($ty:ident) => {
        $crate::__allocator_api2!($ty);
        $crate::__allocator_api2_04!($ty);
        $crate::__standard_allocator!($ty);
    };
}

#[cfg(feature = "allocator-api2")]
#[doc(hidden)]
#[macro_export]
macro_rules! __allocator_api2 {
    ($ty:ident) => {
        $crate::__allocator_trait!(
            $ty,
            $crate::__private::allocator_api2::alloc::Allocator,
            $crate::__private::allocator_api2::alloc::AllocError
        );
    };
}

#[cfg(not(feature = "allocator-api2"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __allocator_api2 {
    ($ty:ident) => {};
}

#[cfg(feature = "allocator-api2-04")]
#[doc(hidden)]
#[macro_export]
macro_rules! __allocator_api2_04 {
    ($ty:ident) => {
        $crate::__allocator_trait!(
            $ty,
            $crate::__private::allocator_api2_04::alloc::Allocator,
            $crate::__private::allocator_api2_04::alloc::AllocError
        );
    };
}

#[cfg(not(feature = "allocator-api2-04"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __allocator_api2_04 {
    ($ty:ident) => {};
}

#[cfg(feature = "nightly")]
#[doc(hidden)]
#[macro_export]
#[allow_internal_unstable(allocator_api)]
macro_rules! __standard_allocator {
    ($ty:ident) => {
        $crate::__allocator_trait!($ty, ::core::alloc::Allocator, ::core::alloc::AllocError);
    };
}

#[cfg(not(feature = "nightly"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __standard_allocator {
    ($ty:ident) => {};
}

/// Implements one of the traits, which all read alike.
// The standard one may be named here without a `#![feature]` in the crate that has the static: it may be a dependency
// that only declares an allocator, and knows nothing of the feature that another crate turned on.
#[cfg_attr(feature = "nightly", allow_internal_unstable(allocator_api))]
#[doc(hidden)]
#[macro_export]
macro_rules! __allocator_trait {
    ($ty:ident, $trait:path, $error:path) => {
        // SAFETY: a block comes from the one allocator of the process that the type stands for, whichever value or thread
        // asked, and stays where it is until it is freed.
        unsafe impl $trait for $ty {
            #[inline]
            fn allocate(
                &self,
                layout: ::core::alloc::Layout,
            ) -> ::core::result::Result<::core::ptr::NonNull<[u8]>, $error> {
                ::core::option::Option::ok_or(
                    $crate::__private::traits::allocate::<Self>(layout),
                    $error,
                )
            }

            #[inline]
            fn allocate_zeroed(
                &self,
                layout: ::core::alloc::Layout,
            ) -> ::core::result::Result<::core::ptr::NonNull<[u8]>, $error> {
                ::core::option::Option::ok_or(
                    $crate::__private::traits::allocate_zeroed::<Self>(layout),
                    $error,
                )
            }

            #[inline]
            unsafe fn deallocate(
                &self,
                block: ::core::ptr::NonNull<u8>,
                layout: ::core::alloc::Layout,
            ) {
                // SAFETY: the caller's promise.
                unsafe { $crate::__private::traits::deallocate::<Self>(block, layout) }
            }

            #[inline]
            unsafe fn grow(
                &self,
                block: ::core::ptr::NonNull<u8>,
                old: ::core::alloc::Layout,
                new: ::core::alloc::Layout,
            ) -> ::core::result::Result<::core::ptr::NonNull<[u8]>, $error> {
                // SAFETY: the caller's promise.
                let grown = unsafe { $crate::__private::traits::grow::<Self>(block, old, new) };
                ::core::option::Option::ok_or(grown, $error)
            }

            #[inline]
            unsafe fn grow_zeroed(
                &self,
                block: ::core::ptr::NonNull<u8>,
                old: ::core::alloc::Layout,
                new: ::core::alloc::Layout,
            ) -> ::core::result::Result<::core::ptr::NonNull<[u8]>, $error> {
                let grown =
                    // SAFETY: the caller's promise.
                    unsafe { $crate::__private::traits::grow_zeroed::<Self>(block, old, new) };
                ::core::option::Option::ok_or(grown, $error)
            }

            #[inline]
            unsafe fn shrink(
                &self,
                block: ::core::ptr::NonNull<u8>,
                old: ::core::alloc::Layout,
                new: ::core::alloc::Layout,
            ) -> ::core::result::Result<::core::ptr::NonNull<[u8]>, $error> {
                // SAFETY: the caller's promise.
                let shrunk = unsafe { $crate::__private::traits::shrink::<Self>(block, old, new) };
                ::core::option::Option::ok_or(shrunk, $error)
            }
        }
    };
}
