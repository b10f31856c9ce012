//! Metadata: where an allocator's own records come from.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use orthotope_tests::spec::heap::Heap;

/// `System`, with a count of the calls of each thread.
struct Counted;

std::thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to `System` as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTED: Counted = Counted;

/// SPEC 5: "metadata never goes through the global allocator": the whole life of an allocator and its caches.
#[test]
fn an_allocator_lives_without_the_global_allocator() {
    drop(std::hint::black_box(Box::new(1_u8)));
    assert!(CALLS.get() > 0, "calls are counted");
    let before = CALLS.get();
    {
        let heap = Heap::with_arena(256 << 20);
        let (mut cache, mut other) = (heap.cache(), heap.cache());
        for size in [1, 200, 5_000, 100_000, 3 << 20, 17 << 20, 30 << 20] {
            let blocks = [0; 20].map(|_| heap.try_alloc(&mut cache, size).ok());
            for (index, block) in blocks.into_iter().enumerate() {
                let cache = if index % 2 == 0 {
                    &mut cache
                } else {
                    &mut other
                };
                let freed = block.map_or(Ok(()), |block| heap.free(cache, block));
                assert!(freed.is_ok());
            }
            assert!(heap.stats().arena_remaining < 256 << 20);
        }
        heap.drain_thread_cache(&mut other);
    }
    assert_eq!(CALLS.get(), before);
}
