//! `stats_alloc` round a generated type: its regions count what the type serves.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::LazyLock;

use orthotope_tests::live::of_class;
use stats_alloc::{Region, StatsAlloc};

#[orthotope::allocator(preset = "general", arena = "4GiB")]
static SERVED: ServedAlloc;

/// On a stable compiler `StatsAlloc::new` is no const function: the first request makes it.
struct Installed(LazyLock<StatsAlloc<ServedAlloc>>);

// SAFETY: every request goes on as it is, and the answer comes back so. Making a `StatsAlloc` allocates nothing.
unsafe impl GlobalAlloc for Installed {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static GLOBAL: Installed = Installed(LazyLock::new(|| StatsAlloc::new(SERVED)));

/// Bytes of a block, and blocks; the test's own threads ask for nothing like it.
const SIZE: usize = 3000;
const BLOCKS: usize = 1000;

/// Live blocks of the class that serves `SIZE`.
fn live() -> usize {
    of_class(&ServedAlloc::stats(), SIZE)
}

#[test]
fn a_region_counts_what_the_generated_type_serves() {
    let before = live();
    let region = Region::new(&GLOBAL.0);
    let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| Vec::with_capacity(SIZE)).collect();
    let held = region.change();
    assert!(held.allocations > BLOCKS, "{held:?}");
    assert!(held.allocations < BLOCKS + 100, "{held:?}");
    assert!(held.bytes_allocated >= BLOCKS * SIZE, "{held:?}");
    let served = live() - before;
    assert!((BLOCKS..BLOCKS + 8).contains(&served), "{served}");

    for block in &mut blocks {
        block.resize(2 * SIZE, 1);
    }
    let grown = region.change();
    assert!(grown.reallocations >= BLOCKS, "{grown:?}");
    assert!(live() < before + 8);

    drop(blocks);
    let freed = region.change();
    assert!(freed.deallocations > BLOCKS, "{freed:?}");
    assert!(
        freed.bytes_allocated.abs_diff(freed.bytes_deallocated) < 64 << 10,
        "{freed:?}"
    );
}
