//! Calls of allocators, each in a function that can be found in the assembly by its name.
//!
//! Three types: `General`, whose static is the program's allocator, `Prefetching`, which fetches the next block, and `Tensor`, whose blocks
//! have headers.
//! What a function is given comes from `black_box`: the optimiser must not fold the one call's arguments in.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: General;

#[orthotope::allocator(preset = "general", prefetch = true)]
static PREFETCHING: Prefetching;

#[orthotope::allocator]
static TENSOR: Tensor;

/// Allocates eight bytes and writes them.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn general_box_new(value: u64) -> Box<u64> {
    Box::new(value)
}

/// Frees eight bytes.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn general_box_drop(boxed: Box<u64>) {
    drop(boxed);
}

/// Allocates what no constant says.
///
/// # Safety
///
/// As `GlobalAlloc::alloc`.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe fn general_alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { GLOBAL.alloc(layout) }
}

/// Frees what no constant says.
///
/// # Safety
///
/// As `GlobalAlloc::dealloc`.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe fn general_dealloc(block: *mut u8, layout: Layout) {
    // SAFETY: the caller's promise.
    unsafe { GLOBAL.dealloc(block, layout) }
}

/// Allocates what no constant says, and fetches the block that is next.
///
/// # Safety
///
/// As `GlobalAlloc::alloc`.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe fn prefetching_alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { PREFETCHING.alloc(layout) }
}

/// Allocates what no constant says, with a header before it.
///
/// # Safety
///
/// As `GlobalAlloc::alloc`.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe fn tensor_alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { TENSOR.alloc(layout) }
}

/// Frees what no constant says and has a header before it.
///
/// # Safety
///
/// As `GlobalAlloc::dealloc`.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe fn tensor_dealloc(block: *mut u8, layout: Layout) {
    // SAFETY: the caller's promise.
    unsafe { TENSOR.dealloc(block, layout) }
}

fn main() {
    let boxed = black_box(general_box_new(black_box(1)));
    println!("{boxed}");
    general_box_drop(boxed);

    let layout = || black_box(Layout::new::<[u64; 6]>());
    // SAFETY: the layout is not of size zero.
    let block = black_box(unsafe { general_alloc(layout()) });
    // SAFETY: the block is live, of this layout and this allocator.
    unsafe { general_dealloc(block, layout()) };
    // SAFETY: the layout is not of size zero.
    let block = black_box(unsafe { prefetching_alloc(layout()) });
    // SAFETY: the block is live, of this layout and this allocator.
    unsafe { PREFETCHING.dealloc(block, layout()) };
    // SAFETY: the layout is not of size zero.
    let block = black_box(unsafe { tensor_alloc(layout()) });
    // SAFETY: the block is live, of this layout and this allocator.
    unsafe { tensor_dealloc(block, layout()) };
}
