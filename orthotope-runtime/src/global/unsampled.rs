//! What stands in the place of `sampled` without the feature `profiling`: nothing, and the compiler leaves nothing of it.

#![expect(
    clippy::extra_unused_type_parameters,
    reason = "the signatures are those of `sampled`"
)]

use core::ptr::NonNull;

use super::Generated;
use crate::error::FreeError;

#[inline(always)]
pub(super) const fn is_due<G: Generated>(_: usize) -> bool {
    false
}

#[inline(always)]
pub(super) const fn is_watched<G: Generated>(_: *mut u8) -> bool {
    false
}

#[inline(always)]
pub(super) fn alloc<G: Generated>(_: usize, serve: impl FnOnce() -> *mut u8) -> *mut u8 {
    serve()
}

#[inline(always)]
pub(super) fn realloc<G: Generated>(
    _: *mut u8,
    _: usize,
    serve: impl FnOnce() -> *mut u8,
) -> *mut u8 {
    serve()
}

#[inline(always)]
pub(super) fn free<G: Generated>(_: *mut u8, free: impl FnOnce()) {
    free();
}

#[inline(always)]
pub(super) fn try_free<G: Generated>(
    _: NonNull<u8>,
    free: impl FnOnce() -> Result<(), FreeError>,
) -> Result<(), FreeError> {
    free()
}
