//! Stands in the place of the C library's `pthread_create`, and refuses on demand.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use orthotope_tests::pthread::{Main, create_next};

/// While it is set, no thread can be made.
pub(crate) static NO_THREADS: AtomicBool = AtomicBool::new(false);

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
    // SAFETY: the caller's promise.
    unsafe { create_next(thread, attributes, main, argument) }
}
