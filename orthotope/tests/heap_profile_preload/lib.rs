//! A library whose profiled allocator is the `malloc` of whoever preloads it, and its own where it is opened late.

use std::hint::black_box;

#[orthotope::allocator(preset = "general", c_api = true)]
static MALLOC: Malloc;

/// Leaks a block, whosever `malloc` the process has.
#[unsafe(no_mangle)]
extern "C" fn leak_in_library(bytes: usize) -> bool {
    black_box(Malloc::allocate(bytes)).is_ok()
}
