//! The budget: what is charged to an arena, to the byte.

use orthotope::{AllocError, AllocatorConfig, SizeClass};
use orthotope_tests::spec::heap::{Heap, kept};

use crate::config::configurations;

const MIB: usize = 1 << 20;

/// SPEC 3: "`arena_size` is a budget, exact to the byte": the capacity is what was asked for, however odd, and
/// nothing is charged yet.
#[test]
fn the_capacity_is_the_arena_size_to_the_byte() {
    for arena_size in [1, 127, 128, 4_097, 1_000_003, 64 * MIB - 1] {
        let heap = Heap::with_arena(arena_size);
        assert_eq!(heap.stats().arena_capacity, arena_size);
        assert_eq!(heap.stats().arena_remaining, arena_size);
    }
}

/// SPEC 3: "a slab is charged blocks × block size […] A slab is one refill's blocks."
#[test]
fn the_first_slab_is_charged_one_refills_blocks() {
    for config in configurations() {
        for class in SizeClass::ALL {
            let heap = Heap::new(config);
            let mut cache = heap.cache();
            heap.alloc(&mut cache, class.payload_size());
            let slab = config.refill_count(class) * config.class_block_size(class);
            let charged = config.arena_size - heap.stats().arena_remaining;
            assert_eq!(charged, slab, "{config:?} {class:?}");
        }
    }
}

/// SPEC 3: "A slab is one refill's blocks": so is each further one, in every class.
#[test]
fn every_further_slab_is_charged_one_refills_blocks() {
    let config = AllocatorConfig::default();
    for class in SizeClass::ALL {
        let heap = Heap::new(config);
        let mut cache = heap.cache();
        let refill = config.refill_count(class);
        for slabs in 1..=5 {
            heap.alloc(&mut cache, class.payload_size());
            let charged = config.arena_size - heap.stats().arena_remaining;
            let expected = slabs * refill * config.class_block_size(class);
            assert_eq!(charged, expected, "{class:?}, slab {slabs}");
            assert_eq!(kept(&cache, class), refill - 1, "{class:?}, slab {slabs}");
            heap.alloc_many(&mut cache, class.payload_size(), refill - 1);
        }
    }
}

/// SPEC 3: "a large block [is charged] header plus request rounded up to the alignment".
#[test]
fn a_large_block_is_charged_header_and_request_rounded_up() {
    for alignment in [64, 128, 4_096, MIB] {
        for size in [16 * MIB + 1, 16 * MIB + 64, 17 * MIB - 64, 17 * MIB] {
            let config = AllocatorConfig {
                alignment,
                ..AllocatorConfig::default()
            };
            let heap = Heap::new(config);
            heap.alloc(&mut heap.cache(), size);
            let charged = config.arena_size - heap.stats().arena_remaining;
            let expected = (64 + size).next_multiple_of(alignment);
            assert_eq!(charged, expected, "{size} at {alignment}");
        }
    }
}

/// SPEC 3: "So arenas of any size work, down to one block": of each class, at several alignments.
#[test]
fn an_arena_of_one_block_serves_one_block() {
    for alignment in [64, 128, 4_096, MIB] {
        for class in SizeClass::ALL {
            let arena_size = class.block_size_for_alignment(alignment);
            let heap = Heap::new(AllocatorConfig {
                arena_size,
                alignment,
                ..AllocatorConfig::default()
            });
            let mut cache = heap.cache();
            let block = heap.alloc(&mut cache, class.payload_size());
            block.fill(7);
            assert_eq!(
                heap.try_alloc(&mut cache, class.payload_size()),
                Err(AllocError::OutOfMemory {
                    requested: class.payload_size(),
                    remaining: 0
                })
            );
            assert!(block.is_filled_with(7));
        }
    }
}

/// SPEC 3: "arenas of any size work": one that is a byte short of a block says so and how much is left.
#[test]
fn an_arena_short_of_one_block_serves_none() {
    for class in SizeClass::ALL {
        let heap = Heap::with_arena(class.block_size() - 1);
        assert_eq!(
            heap.try_alloc(&mut heap.cache(), class.payload_size()),
            Err(AllocError::OutOfMemory {
                requested: class.payload_size(),
                remaining: class.block_size() - 1
            })
        );
    }
}

/// SPEC 3: "one of 256 bytes serves exactly two 64-byte requests and then says `OutOfMemory { requested: 1,
/// remaining: 0 }`".
#[test]
fn an_arena_of_256_bytes_serves_exactly_two_64_byte_requests() {
    let heap = Heap::with_arena(256);
    let mut cache = heap.cache();
    let first = heap.alloc(&mut cache, 64);
    let second = heap.alloc(&mut cache, 64);
    first.fill(1);
    second.fill(2);
    assert!(first.is_filled_with(1) && second.is_filled_with(2));
    assert_eq!(
        heap.try_alloc(&mut cache, 1),
        Err(AllocError::OutOfMemory {
            requested: 1,
            remaining: 0
        })
    );
}

/// SPEC 3: "a freed block is usable again after that".
#[test]
fn a_freed_block_of_a_full_arena_is_usable_again() {
    for class in SizeClass::ALL {
        let heap = Heap::with_arena(2 * class.block_size());
        let mut cache = heap.cache();
        let blocks = heap.alloc_many(&mut cache, class.payload_size(), 2);
        for block in blocks {
            assert!(heap.try_alloc(&mut cache, 1).is_err());
            heap.free(&mut cache, block).expect("a live block");
            assert_eq!(heap.alloc(&mut cache, class.payload_size()), block);
        }
    }
}

/// SPEC 3: "a freed block is usable again after that": also if it was freed through another cache than the one
/// that had handed it out, and is wanted through that other one.
#[test]
fn a_freed_block_of_a_full_arena_is_usable_again_through_the_cache_that_freed_it() {
    let heap = Heap::with_arena(256);
    let (mut allocating, mut freeing) = (heap.cache(), heap.cache());
    let blocks = heap.alloc_many(&mut allocating, 64, 2);
    heap.free_all(&mut freeing, &blocks);
    let again = heap.try_alloc(&mut freeing, 64);
    assert!(again.is_ok(), "both blocks are free: {again:?}");
}

/// SPEC 3: "a refill that no longer fits takes the blocks that do".
#[test]
fn a_refill_that_no_longer_fits_takes_the_blocks_that_do() {
    let config = AllocatorConfig::default();
    for class in [
        SizeClass::B64,
        SizeClass::B256,
        SizeClass::B4K,
        SizeClass::B6K,
    ] {
        let (block, refill) = (class.block_size(), config.refill_count(class));
        let heap = Heap::with_arena((refill + 3) * block + block / 2);
        let mut cache = heap.cache();
        heap.alloc_many(&mut cache, class.payload_size(), refill);
        assert_eq!(kept(&cache, class), 0);
        heap.alloc(&mut cache, class.payload_size());
        assert_eq!(kept(&cache, class), 2, "{class:?}: three blocks did");
        assert_eq!(heap.stats().arena_remaining, block / 2);
        heap.alloc_many(&mut cache, class.payload_size(), 2);
        assert_eq!(
            heap.try_alloc(&mut cache, class.payload_size()),
            Err(AllocError::OutOfMemory {
                requested: class.payload_size(),
                remaining: block / 2
            })
        );
    }
}

/// SPEC 3: "a large request in an arena of exactly its rounded size fits", and in one a byte smaller does not.
#[test]
fn a_large_request_fits_an_arena_of_exactly_its_rounded_size() {
    for alignment in [64, 4_096] {
        for size in [16 * MIB + 1, 16 * MIB + 64, 20 * MIB - 64, 20 * MIB] {
            let rounded = (64 + size).next_multiple_of(alignment);
            let config = |arena_size| AllocatorConfig {
                arena_size,
                alignment,
                ..AllocatorConfig::default()
            };
            let heap = Heap::new(config(rounded));
            heap.alloc(&mut heap.cache(), size).fill(3);
            assert_eq!(heap.stats().arena_remaining, 0);
            let short = Heap::new(config(rounded - 1));
            assert_eq!(
                short.try_alloc(&mut short.cache(), size),
                Err(AllocError::OutOfMemory {
                    requested: size,
                    remaining: rounded - 1
                })
            );
        }
    }
}
