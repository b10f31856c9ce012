//! Order of service, and order of reuse.

use orthotope::{AllocatorConfig, SizeClass};
use orthotope_tests::spec::heap::{Block, Heap, kept};
use orthotope_tests::spec::process;

const CLASSES: [SizeClass; 5] = [
    SizeClass::B64,
    SizeClass::B256,
    SizeClass::B4K,
    SizeClass::B16K,
    SizeClass::B1M,
];

/// SPEC 4: "**Order of service** for a small request: this thread's reuse → central-pool refill → a slab": a block
/// that this cache has comes before one of the central pool.
#[test]
fn reuse_comes_before_the_central_pool() {
    let heap = Heap::with_arena(256 << 20);
    for class in CLASSES {
        let (mut other, mut cache) = (heap.cache(), heap.cache());
        let size = class.payload_size();
        let own = heap.alloc(&mut cache, size);
        let published = heap.alloc(&mut other, size);
        heap.free(&mut other, published).expect("a live block");
        heap.drain_thread_cache(&mut other);
        let central = heap.central(class);
        assert!(central > 0);
        heap.free(&mut cache, own).expect("a live block");
        assert_eq!(heap.alloc(&mut cache, size), own, "{class:?}");
        assert_eq!(heap.central(class), central, "{class:?}");
    }
}

/// SPEC 4: "→ central-pool refill → a slab carved from […] the arena": while the central pool has blocks, nothing of
/// the arena is taken.
#[test]
fn the_central_pool_comes_before_a_new_slab() {
    let heap = Heap::with_arena(256 << 20);
    for class in CLASSES {
        let (mut other, mut cache) = (heap.cache(), heap.cache());
        let size = class.payload_size();
        let blocks = heap.alloc_many(&mut other, size, 3);
        heap.free_all(&mut other, &blocks);
        heap.drain_thread_cache(&mut other);
        let (central, remaining) = (heap.central(class), heap.stats().arena_remaining);
        let taken = heap.alloc_many(&mut cache, size, central);
        assert_eq!(heap.stats().arena_remaining, remaining, "{class:?}");
        assert!(blocks.iter().all(|block| taken.contains(block)));
        assert_eq!(heap.central(class), 0);
        heap.alloc(&mut cache, size);
        assert!(heap.stats().arena_remaining < remaining, "{class:?}");
    }
}

/// SPEC 4: "a slab carved from a contiguous span of the arena": its blocks lie one block size apart, without a gap.
#[test]
fn a_slab_is_contiguous() {
    for alignment in [64, 4_096] {
        let config = AllocatorConfig {
            alignment,
            ..AllocatorConfig::default()
        };
        let heap = Heap::new(config);
        for class in CLASSES {
            let mut cache = heap.cache();
            let refill = config.refill_count(class);
            let blocks = heap.alloc_many(&mut cache, class.payload_size(), refill);
            let mut addresses: Vec<_> = blocks.iter().map(|block| block.address()).collect();
            addresses.sort_unstable();
            for pair in addresses.windows(2) {
                let distance = pair[1] - pair[0];
                assert_eq!(distance, config.class_block_size(class), "{class:?}");
            }
        }
    }
}

/// SPEC 4: "which the thread's cache then owns": the rest of the slab is ready in it, and a free through it of any
/// of its blocks stays there.
#[test]
fn the_cache_owns_the_slab_it_carved() {
    let heap = Heap::with_arena(256 << 20);
    for class in CLASSES {
        let mut cache = heap.cache();
        let refill = heap.config().refill_count(class);
        let first = heap.alloc(&mut cache, class.payload_size());
        assert_eq!(kept(&cache, class), refill - 1);
        let mut blocks = heap.alloc_many(&mut cache, class.payload_size(), refill - 1);
        blocks.push(first);
        heap.free_all(&mut cache, &blocks);
        assert_eq!(kept(&cache, class), refill, "{class:?}");
        assert_eq!(heap.central(class), 0, "{class:?}");
    }
}

/// SPEC 4: "**Reuse** within a thread and class is last in, first out".
#[test]
fn reuse_is_last_in_first_out() {
    let heap = Heap::with_arena(256 << 20);
    for class in SizeClass::ALL {
        let mut cache = heap.cache();
        let count = heap.config().local_limit(class).min(20);
        let size = class.payload_size();
        let blocks = heap.alloc_many(&mut cache, size, count);
        heap.free_all(&mut cache, &blocks);
        let again = heap.alloc_many(&mut cache, size, count);
        let reversed: Vec<Block<'_>> = blocks.into_iter().rev().collect();
        assert_eq!(again, reversed, "{class:?}");
        heap.free_all(&mut cache, &again);
    }
}

/// SPEC 4: "the same thread gets the identical pointer back": whatever the request, if the class is the same.
#[test]
fn the_identical_pointer_comes_back() {
    let heap = Heap::with_arena(256 << 20);
    let mut cache = heap.cache();
    let mut least = 1;
    for class in SizeClass::ALL {
        let most = class.payload_size();
        let block = heap.alloc(&mut cache, most);
        heap.free(&mut cache, block).expect("a live block");
        let again = heap.alloc(&mut cache, least);
        assert_eq!(again.address(), block.address(), "{class:?}");
        heap.free_sized(&mut cache, again, least)
            .expect("a live block");
        assert_eq!(heap.alloc(&mut cache, most), block, "{class:?}");
        least = most + 1;
    }
}

/// SPEC 4: "the same thread gets the identical pointer back": from the process-wide functions too.
#[test]
fn the_identical_pointer_comes_back_process_wide() {
    process::alone(|| {
        for class in SizeClass::ALL {
            let block = process::alloc(class.payload_size());
            assert_eq!(process::free(block), Ok(()));
            let again = process::alloc(class.payload_size());
            assert_eq!(again, block, "{class:?}");
            assert_eq!(process::free_sized(again, class.payload_size()), Ok(()));
            assert_eq!(process::alloc(class.payload_size()), block, "{class:?}");
            assert_eq!(process::free(block), Ok(()));
        }
    });
}
