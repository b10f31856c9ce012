//! Large blocks: tracked while live, served from the pool by best fit.

use orthotope::FreeError;
use orthotope_tests::spec::heap::{Block, Heap};

const MIB: usize = 1 << 20;
const KIB: usize = 1 << 10;

/// Bytes that a large block of `size` bytes counts for.
pub(crate) fn counted(size: usize) -> usize {
    (size + 64).next_multiple_of(64)
}

/// SPEC 4: "**Large**: live large blocks are tracked": number and bytes, block by block.
#[test]
fn live_large_blocks_are_tracked() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    let sizes = [16 * MIB + 1, 17 * MIB, 40 * MIB - 1];
    let mut bytes = 0;
    let mut blocks = Vec::new();
    for (number, size) in sizes.into_iter().enumerate() {
        blocks.push(heap.alloc(&mut cache, size));
        bytes += counted(size);
        assert_eq!(heap.stats().large_live_allocations, number + 1);
        assert_eq!(heap.stats().large_live_bytes, bytes);
    }
    for (freed, block) in blocks.into_iter().enumerate() {
        heap.free(&mut cache, block).expect("a live block");
        bytes -= counted(block.size());
        assert_eq!(heap.stats().large_live_allocations, 2 - freed);
        assert_eq!(heap.stats().large_live_bytes, bytes);
    }
}

/// SPEC 4, stats: "A large block counts as header plus request, rounded up to the alignment."
#[test]
fn a_large_block_counts_as_header_plus_request_rounded_up() {
    for alignment in [64, 128, 4_096] {
        for size in [16 * MIB + 1, 17 * MIB - 64, 17 * MIB] {
            let heap = Heap::new(orthotope::AllocatorConfig {
                alignment,
                ..orthotope::AllocatorConfig::default()
            });
            let mut cache = heap.cache();
            let block = heap.alloc(&mut cache, size);
            let bytes = (64 + size).next_multiple_of(alignment);
            assert_eq!(heap.stats().large_live_bytes, bytes);
            heap.free(&mut cache, block).expect("a live block");
            assert_eq!(heap.stats().large_free_bytes, bytes);
            assert_eq!(heap.stats().large_live_bytes, 0);
        }
    }
}

/// SPEC 4: "freed ones go to a best-fit pool in the arena".
#[test]
fn a_freed_large_block_goes_to_the_pool_and_serves_the_next() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 20 * MIB);
    heap.free(&mut cache, block).expect("a live block");
    assert_eq!(heap.stats().large_free_blocks, 1);
    assert_eq!(heap.stats().large_free_bytes, counted(20 * MIB));
    let remaining = heap.stats().arena_remaining;
    assert_eq!(heap.alloc(&mut cache, 20 * MIB), block);
    assert_eq!(heap.stats().large_free_blocks, 0);
    assert_eq!(heap.stats().large_free_bytes, 0);
    assert_eq!(heap.stats().arena_remaining, remaining);
}

/// Allocates blocks of these sizes, kept apart by live ones, and frees them in this order.
fn pool<'h>(heap: &'h Heap, sizes: &[usize]) -> Vec<Block<'h>> {
    let mut cache = heap.cache();
    let mut blocks = Vec::new();
    for &size in sizes {
        blocks.push(heap.alloc(&mut cache, size));
        heap.alloc(&mut cache, 16 * MIB + 1);
    }
    heap.free_all(&mut cache, &blocks);
    assert_eq!(heap.stats().large_free_blocks, sizes.len());
    blocks
}

/// SPEC 4: "a best-fit pool […] (smallest that fits first)": whatever the order in which they were freed.
#[test]
fn the_smallest_that_fits_is_taken_first() {
    let orders = [
        [17, 20, 24, 30],
        [30, 24, 20, 17],
        [24, 17, 30, 20],
        [20, 30, 17, 24],
    ];
    for order in orders {
        let heap = Heap::with_arena(512 * MIB);
        let mut cache = heap.cache();
        let blocks = pool(&heap, &order.map(|size| size * MIB));
        for (wanted, fitting) in [(18, 20), (21, 24), (25, 30), (17, 17)] {
            let best = blocks
                .iter()
                .find(|block| block.size() == fitting * MIB)
                .expect("one of each size");
            let got = heap.alloc(&mut cache, wanted * MIB);
            assert_eq!(got.address(), best.address(), "{wanted} MiB of {order:?}");
        }
    }
}

/// SPEC 4: "(smallest that fits first)": to the byte; of two blocks that differ by little, the one that is too small
/// by what it counts for does not fit.
#[test]
fn the_smallest_that_fits_is_found_to_the_byte() {
    for step in [64, 1_024, 32 * KIB, 64 * KIB] {
        let heap = Heap::with_arena(256 * MIB);
        let mut cache = heap.cache();
        let sizes = [0, 1, 2, 3].map(|steps| 17 * MIB + steps * step);
        let blocks = pool(&heap, &sizes);
        let remaining = heap.stats().arena_remaining;
        for index in [2, 0, 3, 1] {
            let got = heap.alloc(&mut cache, sizes[index]);
            assert_eq!(got, blocks[index], "{} bytes apart", step);
        }
        assert_eq!(heap.stats().arena_remaining, remaining);
    }
}

/// SPEC 4: "[freed ones] keep their full capacity for later, larger requests": a smaller block in between does not
/// shrink them.
#[test]
fn a_reused_block_keeps_its_full_capacity() {
    let heap = Heap::with_arena(32 * MIB);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 24 * MIB);
    heap.free(&mut cache, block).expect("a live block");
    let smaller = heap.alloc(&mut cache, 17 * MIB);
    assert_eq!(smaller.address(), block.address());
    assert_eq!(heap.stats().large_live_bytes, counted(17 * MIB));
    heap.free(&mut cache, smaller).expect("a live block");
    assert_eq!(heap.stats().large_free_bytes, counted(24 * MIB));
    let again = heap.alloc(&mut cache, 24 * MIB);
    assert_eq!(again, block);
    again.fill(9);
    assert!(again.is_filled_with(9));
}

/// SPEC 4: "A duplicate large free says `AlreadyFreedOrUnknownLarge`": with or without a size, right or wrong.
#[test]
fn a_duplicate_large_free_says_already_freed_or_unknown_large() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 20 * MIB);
    heap.free(&mut cache, block).expect("a live block");
    let stats = heap.stats();
    let twice = Err(FreeError::AlreadyFreedOrUnknownLarge);
    assert_eq!(heap.free(&mut cache, block), twice);
    assert_eq!(heap.free_sized(&mut cache, block, 20 * MIB), twice);
    assert_eq!(heap.free_sized(&mut cache, block, 1), twice);
    assert_eq!(heap.stats(), stats, "a refused free changes nothing");
}

/// SPEC 4: "A duplicate large free says `AlreadyFreedOrUnknownLarge`": also when its neighbours have joined it since.
#[test]
fn a_duplicate_large_free_is_told_after_coalescing() {
    let heap = Heap::with_arena(80 * MIB);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 20 * MIB, 3);
    heap.free_all(&mut cache, &blocks);
    // Does not fit any of them: they are joined, and again when it is free.
    let joined = heap.alloc(&mut cache, 50 * MIB);
    heap.free(&mut cache, joined).expect("a live block");
    let twice = Err(FreeError::AlreadyFreedOrUnknownLarge);
    for block in blocks {
        assert_eq!(heap.free(&mut cache, block), twice, "{block:?}");
    }
}
