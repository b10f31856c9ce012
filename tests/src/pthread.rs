//! The C library's `pthread_create`, for a binary that stands in its place and passes calls on.

use std::ffi::{c_int, c_void};
use std::mem;

/// What a thread runs.
pub type Main = extern "C" fn(*mut c_void) -> *mut c_void;

type Create = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    Main,
    *mut c_void,
) -> c_int;

/// Calls the function of this name that comes after the program's own.
///
/// # Panics
///
/// If there is none.
///
/// # Safety
///
/// As `pthread_create`.
pub unsafe fn create_next(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    main: Main,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the name is a C string.
    let next = unsafe { libc::dlsym(libc::RTLD_NEXT, c"pthread_create".as_ptr()) };
    assert!(!next.is_null(), "the C library makes threads");
    // SAFETY: this is the function's type.
    let next = unsafe { mem::transmute::<*mut c_void, Create>(next) };
    // SAFETY: the caller's promise.
    unsafe { next(thread, attributes, main, argument) }
}
