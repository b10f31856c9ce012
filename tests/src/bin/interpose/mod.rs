//! Stands in the place of libc's `malloc` family, and of what makes threads, for the whole process, libc itself included.
//!
//! A binary that has this module defines the symbols, so that the dynamic linker resolves every call to
//! them. Each tells the watch and passes the call on to glibc's own functions.

use std::ffi::{c_int, c_void};

use orthotope_tests::pthread::{Main, create_next};
use orthotope_tests::reentry::{libc_asked, thread_created};

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
    fn __libc_free(block: *mut c_void);
}

/// Not of the family, but it asks the family.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    main: Main,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the caller's promise.
    thread_created(|| unsafe { create_next(thread, attributes, main, argument) })
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut c_void {
    libc_asked("malloc");
    // SAFETY: any size is allowed.
    unsafe { __libc_malloc(size) }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    libc_asked("calloc");
    // SAFETY: any count and size are allowed.
    unsafe { __libc_calloc(count, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    libc_asked("realloc");
    // SAFETY: the caller's promise; all blocks of the family are glibc's.
    unsafe { __libc_realloc(block, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut c_void) {
    libc_asked("free");
    // SAFETY: the caller's promise; all blocks of the family are glibc's.
    unsafe { __libc_free(block) }
}

#[unsafe(no_mangle)]
extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    libc_asked("memalign");
    // SAFETY: any alignment and size are allowed, if not granted.
    unsafe { __libc_memalign(align, size) }
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    libc_asked("aligned_alloc");
    // SAFETY: any alignment and size are allowed, if not granted.
    unsafe { __libc_memalign(align, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(to: *mut *mut c_void, align: usize, size: usize) -> c_int {
    libc_asked("posix_memalign");
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<*mut c_void>()) {
        return libc::EINVAL;
    }
    // SAFETY: the alignment was checked above.
    let block = unsafe { __libc_memalign(align, size) };
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller's promise: `to` may be written.
    unsafe { to.write(block) };
    0
}
