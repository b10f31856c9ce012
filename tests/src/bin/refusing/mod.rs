//! Stands in the place of the C library's `pthread_create`, and refuses on demand.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

/// While it is set, no thread can be made.
pub(crate) static NO_THREADS: AtomicBool = AtomicBool::new(false);

type Main = extern "C" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    Main,
    *mut c_void,
) -> c_int;

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    main: Main,
    argument: *mut c_void,
) -> c_int {
    if NO_THREADS.load(Ordering::Relaxed) {
        return libc::EAGAIN;
    }
    // SAFETY: the name is a C string.
    let next = unsafe { libc::dlsym(libc::RTLD_NEXT, c"pthread_create".as_ptr()) };
    assert!(!next.is_null(), "the C library makes threads");
    // SAFETY: this is the function's type.
    let next = unsafe { std::mem::transmute::<*mut c_void, Create>(next) };
    // SAFETY: the caller's promise.
    unsafe { next(thread, attributes, main, argument) }
}
