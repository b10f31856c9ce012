//! A process whose `malloc` is the profiled allocator: C's functions, and the unwinder that may ask for memory itself.

#![cfg(target_os = "linux")]

#[path = "heap_profile/read.rs"]
#[expect(dead_code, reason = "the other test asks a profile for more")]
mod read;

use core::ffi::c_void;
use std::hint::black_box;

use read::{Profile, read};

#[orthotope::allocator(preset = "general", c_api = true)]
static MALLOC: Malloc;

fn profile() -> Profile {
    let mut bytes = Vec::new();
    Malloc::heap_profile(&mut bytes).expect("nothing keeps a vector from being written to");
    read(&bytes)
}

#[inline(never)]
fn asks_malloc() -> *mut c_void {
    // SAFETY: it has no preconditions.
    black_box(unsafe { libc::malloc(1_000) })
}

#[inline(never)]
fn asks_calloc() -> *mut c_void {
    // SAFETY: it has no preconditions.
    black_box(unsafe { libc::calloc(10, 200) })
}

#[inline(never)]
fn asks_memalign() -> *mut c_void {
    let mut block = std::ptr::null_mut();
    // SAFETY: the place can be written.
    let refused = unsafe { libc::posix_memalign(&raw mut block, 4_096, 3_000) };
    assert_eq!(refused, 0);
    black_box(block)
}

#[inline(never)]
fn asks_aligned() -> *mut c_void {
    // SAFETY: it has no preconditions.
    black_box(unsafe { libc::aligned_alloc(64, 4 << 20) })
}

#[inline(never)]
fn asks_realloc(block: *mut c_void, bytes: usize) -> *mut c_void {
    // SAFETY: the block is live, or null.
    black_box(unsafe { libc::realloc(block, bytes) })
}

#[test]
fn every_function_is_profiled() {
    // The harness, which allocates as well, is found in no stack that is asked about.
    Malloc::set_heap_sample_interval(1);
    // What is left of a distance that was drawn before; and the background thread starts, for which libc asks for memory.
    for mebibytes in (8..64).step_by(8) {
        drop(black_box(vec![1_u8; mebibytes << 20]));
    }
    type Ask = fn() -> *mut c_void;
    let asks: [(&str, Ask, i64); 4] = [
        ("asks_malloc", asks_malloc, 1_000),
        ("asks_calloc", asks_calloc, 2_000),
        ("asks_memalign", asks_memalign, 3_000),
        ("asks_aligned", asks_aligned, 4 << 20),
    ];
    for (name, ask, bytes) in asks {
        let block = ask();
        assert!(!block.is_null());
        assert_eq!(profile().of(name)[2..], [1, bytes]);
        // SAFETY: the block is live.
        unsafe { libc::free(block) };
        assert_eq!(profile().of(name)[2..], [0, 0]);
    }
    let mut block = std::ptr::null_mut();
    for bytes in [100, 104, 5_000, 3 << 20] {
        block = asks_realloc(block, bytes);
        assert!(!block.is_null());
        assert_eq!(profile().of("asks_realloc")[2..], [1, bytes as i64]);
    }
    // As in glibc, no bytes free the block.
    assert!(asks_realloc(block, 0).is_null());
    assert_eq!(profile().of("asks_realloc")[2..], [0, 0]);
    // SAFETY: it takes no block from null.
    unsafe { libc::free(std::ptr::null_mut()) };
}

#[test]
fn the_error_number_stays() {
    Malloc::set_heap_sample_interval(1);
    std::thread::spawn(|| {
        // SAFETY: the place is this thread's own.
        unsafe { *libc::__errno_location() = 77 };
        // Not by `asks_malloc`, whose blocks the test beside this one counts.
        // SAFETY: it has no preconditions.
        let block = black_box(unsafe { libc::malloc(1_000) });
        // SAFETY: the block is live.
        unsafe { libc::free(block) };
        // SAFETY: the place is this thread's own.
        assert_eq!(unsafe { *libc::__errno_location() }, 77);
    })
    .join()
    .expect("it ends");
}
