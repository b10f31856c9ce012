//! The default preset, watched: it asks nobody for memory while it serves.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod interpose;

use std::process::ExitCode;

use orthotope::{Allocator, AllocatorConfig, OrthotopeGlobalAlloc, ThreadCache};
use orthotope_tests::reentry::{self, Subject, Watched};

/// Small, of the largest class, and large.
const SIZES: [usize; 5] = [1, 300, 70_000, 16 << 20, 20 << 20];

/// The contract sends alignments above the configuration's to `System`.
const ALIGN: usize = 64;

#[global_allocator]
static GLOBAL: Watched<OrthotopeGlobalAlloc> = Watched::new(OrthotopeGlobalAlloc::new(), ALIGN);

#[orthotope::allocator(arena = "4MiB", classes = [64, 256, 4096, "64KiB", "1MiB"])]
static SMALL: Small;

static WATCHED_SMALL: Watched<Small> = Watched::new(SMALL, ALIGN);

fn main() -> ExitCode {
    reentry::main(&Subject {
        small: &WATCHED_SMALL,
        handed_out: || {
            let stats = orthotope::global_stats().expect("the program has allocated");
            stats.arena_capacity - stats.arena_remaining
        },
        others: || {
            orthotope::global_stats().expect("the program has allocated");
            through_the_process();
            through_an_instance();
        },
    })
}

/// The process-wide functions.
fn through_the_process() {
    for size in SIZES {
        let block = orthotope::allocate(size).expect("there is memory");
        // SAFETY: the block is live, and that is its only free.
        let freed = unsafe { orthotope::deallocate_with_size(block, size) };
        freed.expect("a live block can be freed");
    }
}

/// An instance of its own and a cache for it, made and dropped.
fn through_an_instance() {
    let config = AllocatorConfig {
        arena_size: 64 << 20,
        ..AllocatorConfig::default()
    };
    let allocator = Allocator::new(config).expect("there is address space");
    let mut cache = ThreadCache::new(config);
    for size in SIZES {
        let block = allocator
            .allocate_with_cache(&mut cache, size)
            .expect("there is memory");
        // SAFETY: the block is live, and that is its only free.
        let freed = unsafe { allocator.deallocate_with_cache(&mut cache, block) };
        freed.expect("a live block can be freed");
    }
    allocator.drain_thread_cache(&mut cache);
    assert!(
        allocator.stats().total_small_central_blocks() > 0,
        "a drained cache leaves its blocks behind"
    );
}
