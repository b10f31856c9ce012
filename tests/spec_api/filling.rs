//! The budget to its end: an arena that is filled holds what its size divided by the charge says.

use orthotope::{AllocError, AllocatorConfig, SizeClass, ThreadCache};
use orthotope_tests::spec::heap::{Block, Heap};

const MIB: usize = 1 << 20;

/// Blocks of `size` bytes until the arena refuses.
fn fill<'heap>(heap: &'heap Heap, cache: &mut ThreadCache, size: usize) -> Vec<Block<'heap>> {
    let mut blocks = Vec::new();
    loop {
        match heap.try_alloc(cache, size) {
            Ok(block) => blocks.push(block),
            Err(AllocError::OutOfMemory { requested, .. }) => {
                assert_eq!(requested, size);
                return blocks;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// SPEC 3: "`arena_size` is a budget, exact to the byte: a slab is charged blocks × block size": so of one class it
/// holds exactly as many blocks as fit, and a few bytes more make no difference.
#[test]
fn an_arena_holds_exactly_the_blocks_of_a_class_that_fit() {
    for alignment in [64, 256, 4_096, 65_536, MIB] {
        for class in SizeClass::ALL {
            let block = class.block_size_for_alignment(alignment);
            let count = if block <= 2 * MIB { 2_000 } else { 64 };
            let heap = Heap::new(AllocatorConfig {
                arena_size: count * block + block - 1,
                alignment,
                ..AllocatorConfig::default()
            });
            let blocks = fill(&heap, &mut heap.cache(), class.payload_size());
            assert_eq!(blocks.len(), count, "{class:?} at {alignment}");
            assert_eq!(heap.stats().arena_remaining, block - 1);
        }
    }
}

/// SPEC 3: "a large block [is charged] header plus request rounded up to the alignment": so of large blocks it holds
/// exactly as many as fit.
#[test]
fn an_arena_holds_exactly_the_large_blocks_that_fit() {
    for alignment in [64, 4_096, MIB, 16 * MIB] {
        for size in [16 * MIB + 1, 17 * MIB, 32 * MIB - 64] {
            let charge = (64 + size).next_multiple_of(alignment);
            let heap = Heap::new(AllocatorConfig {
                arena_size: 64 * charge,
                alignment,
                ..AllocatorConfig::default()
            });
            let blocks = fill(&heap, &mut heap.cache(), size);
            assert_eq!(blocks.len(), 64, "{size} at {alignment}");
            assert_eq!(heap.stats().arena_remaining, 0);
        }
    }
}

/// SPEC 3: "a freed block is usable again": once all is free and drained, all of the arena serves any other class, and
/// large blocks.
#[test]
fn a_drained_arena_serves_any_class_in_full() {
    let arena_size = 36 * MIB;
    let heap = Heap::with_arena(arena_size);
    let mut cache = heap.cache();
    for class in SizeClass::ALL.into_iter().chain(SizeClass::ALL) {
        let blocks = fill(&heap, &mut cache, class.payload_size());
        assert_eq!(blocks.len(), arena_size / class.block_size(), "{class:?}");
        heap.free_all(&mut cache, &blocks);
        heap.drain_thread_cache(&mut cache);
        let large = heap.alloc(&mut cache, arena_size - 64);
        heap.free(&mut cache, large).expect("a live block");
    }
}

/// SPEC 3: "a freed block is usable again": nor does what the one cache that asks keeps of other classes stand in the
/// way.
#[test]
fn a_cache_that_asks_gives_up_what_it_keeps_of_other_classes() {
    let heap = Heap::with_arena(MIB);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        if class.block_size() > MIB {
            break;
        }
        let blocks = fill(&heap, &mut cache, class.payload_size());
        assert_eq!(blocks.len(), MIB / class.block_size(), "{class:?}");
        heap.free_all(&mut cache, &blocks);
    }
}
