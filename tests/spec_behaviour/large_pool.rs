//! Large blocks: when freed ones stay separate, when they join, and what is split off.

use orthotope::{AllocError, FreeError};
use orthotope_tests::spec::heap::Heap;

use crate::large_fit::counted;

const MIB: usize = 1 << 20;

/// SPEC 4: "Neighbours coalesce lazily: freed blocks stay separate in the pool and in its counts".
#[test]
fn freed_neighbours_stay_separate() {
    let heap = Heap::with_arena(128 * MIB);
    let mut cache = heap.cache();
    let sizes = [17 * MIB, 18 * MIB, 19 * MIB];
    let blocks = sizes.map(|size| heap.alloc(&mut cache, size));
    let mut bytes = 0;
    for (index, block) in blocks.into_iter().enumerate() {
        heap.free(&mut cache, block).expect("a live block");
        bytes += counted(block.size());
        assert_eq!(heap.stats().large_free_blocks, index + 1);
        assert_eq!(heap.stats().large_free_bytes, bytes);
    }
    // What fits one of them joins none.
    for block in blocks {
        assert_eq!(heap.alloc(&mut cache, block.size()), block);
    }
    heap.free_all(&mut cache, &blocks);
    assert_eq!(heap.stats().large_free_blocks, 3);
}

/// SPEC 4: "until a request does not fit": neither any of them nor what is left of the arena.
#[test]
fn freed_neighbours_join_when_a_request_does_not_fit() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 20 * MIB, 3);
    heap.free_all(&mut cache, &blocks);
    let joined = heap.alloc(&mut cache, 60 * MIB);
    assert_eq!(heap.stats().large_free_blocks, 0);
    joined.fill(4);
    assert!(joined.is_filled_with(4));
    heap.free(&mut cache, joined).expect("a live block");
    assert_eq!(heap.stats().large_free_blocks, 1);
    assert_eq!(heap.stats().large_free_bytes, counted(60 * MIB));
}

/// SPEC 4: "until a request does not fit": as long as there is other room, they stay as they are.
#[test]
fn a_request_that_fits_elsewhere_leaves_them_separate() {
    let heap = Heap::with_arena(128 * MIB);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 20 * MIB, 3);
    heap.free_all(&mut cache, &blocks);
    heap.alloc(&mut cache, 60 * MIB);
    assert_eq!(heap.stats().large_free_blocks, 3);
}

/// SPEC 4: "until a request does not fit": small requests too may have what large blocks left.
#[test]
fn a_small_request_that_does_not_fit_joins_them_too() {
    let heap = Heap::with_arena(40 * MIB + 2 * 64);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 20 * MIB, 2);
    heap.free_all(&mut cache, &blocks);
    assert_eq!(heap.stats().arena_remaining, 0);
    let small = heap.alloc(&mut cache, 64);
    // What it did not need is one piece now.
    let large = heap.alloc(&mut cache, 39 * MIB);
    heap.free_all(&mut cache, &[small, large]);
}

/// SPEC 4: "until a request does not fit": one that fits a freed block exactly does, however full the arena is.
#[test]
fn in_a_full_arena_an_exact_fit_joins_nothing() {
    let sizes = [17 * MIB, 17 * MIB + 1_024];
    let heap = Heap::with_arena(sizes.map(counted).iter().sum());
    let mut cache = heap.cache();
    let blocks = sizes.map(|size| heap.alloc(&mut cache, size));
    for order in [[0, 1], [1, 0]] {
        for freed in order {
            heap.free(&mut cache, blocks[freed]).expect("a live block");
        }
        let got = heap.alloc(&mut cache, sizes[1]);
        assert_eq!(got, blocks[1]);
        assert_eq!(
            heap.stats().large_free_blocks,
            1,
            "the other stays as it is"
        );
        assert_eq!(heap.alloc(&mut cache, sizes[0]), blocks[0]);
    }
}

/// SPEC 4: "until a request does not fit": what cannot be served even so is refused, and nothing is lost.
#[test]
fn a_request_that_no_joining_serves_is_refused() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 20 * MIB, 3);
    heap.free(&mut cache, blocks[0]).expect("a live block");
    heap.free(&mut cache, blocks[2]).expect("a live block");
    let remaining = heap.stats().arena_remaining;
    assert_eq!(
        heap.try_alloc(&mut cache, 50 * MIB),
        Err(AllocError::OutOfMemory {
            requested: 50 * MIB,
            remaining
        })
    );
    heap.alloc_many(&mut cache, 20 * MIB, 2);
}

/// SPEC 4: "a split-off tail rejoins when it is free again"; SPEC 5: "freed large spans split and coalesce".
#[test]
fn a_split_off_tail_rejoins() {
    let heap = Heap::with_arena(72 * MIB);
    let mut cache = heap.cache();
    let whole = heap.alloc(&mut cache, 64 * MIB);
    heap.free(&mut cache, whole).expect("a live block");
    let head = heap.alloc(&mut cache, 17 * MIB);
    assert_eq!(head.address(), whole.address());
    assert_eq!(heap.stats().large_free_blocks, 1, "the tail");
    let bytes = counted(64 * MIB) - counted(17 * MIB);
    assert_eq!(heap.stats().large_free_bytes, bytes);
    // The tail was free all along; the head joins it.
    heap.free(&mut cache, head).expect("a live block");
    assert_eq!(heap.stats().large_free_blocks, 1);
    assert_eq!(heap.stats().large_free_bytes, counted(64 * MIB));
    assert_eq!(heap.alloc(&mut cache, 64 * MIB), whole);
}

/// SPEC 4: "a split-off tail rejoins when it is free again": after having been handed out itself, in either order
/// of the frees.
#[test]
fn a_split_off_tail_that_was_handed_out_rejoins() {
    for head_first in [true, false] {
        let heap = Heap::with_arena(72 * MIB);
        let mut cache = heap.cache();
        let whole = heap.alloc(&mut cache, 64 * MIB);
        heap.free(&mut cache, whole).expect("a live block");
        let head = heap.alloc(&mut cache, 17 * MIB);
        let tail = heap.alloc(&mut cache, 47 * MIB - 64);
        assert!(tail.address() > head.address());
        assert_eq!(heap.stats().large_free_blocks, 0, "all of it is in use");
        let order = if head_first {
            [head, tail]
        } else {
            [tail, head]
        };
        heap.free_all(&mut cache, &order);
        assert_eq!(heap.stats().large_free_blocks, 1, "{head_first}");
        assert_eq!(heap.alloc(&mut cache, 64 * MIB), whole, "{head_first}");
    }
}

/// SPEC 4: "keep their full capacity", "a split-off tail rejoins": after any split the whole counts for what it did.
#[test]
fn a_rejoined_block_counts_for_all_of_its_former_capacity() {
    let granule = 64 << 10;
    for whole in [
        64 * MIB,
        64 * MIB + granule - 64,
        64 * MIB + 1,
        64 * MIB - 1,
    ] {
        for part in [17 * MIB, 17 * MIB + 1, 17 * MIB - 64, 17 * MIB + granule] {
            let heap = Heap::with_arena(128 * MIB);
            let mut cache = heap.cache();
            let block = heap.alloc(&mut cache, whole);
            heap.free(&mut cache, block).expect("a live block");
            let head = heap.alloc(&mut cache, part);
            heap.free(&mut cache, head).expect("a live block");
            let stats = heap.stats();
            assert_eq!(stats.large_free_blocks, 1, "{part} of {whole}");
            assert_eq!(stats.large_free_bytes, counted(whole), "{part} of {whole}");
        }
    }
}

/// SPEC 4: a duplicate free of a head or tail that has rejoined is told.
#[test]
fn a_duplicate_free_of_a_rejoined_part_is_told() {
    let heap = Heap::with_arena(72 * MIB);
    let mut cache = heap.cache();
    let whole = heap.alloc(&mut cache, 64 * MIB);
    heap.free(&mut cache, whole).expect("a live block");
    let parts = [17 * MIB, 40 * MIB].map(|size| heap.alloc(&mut cache, size));
    heap.free_all(&mut cache, &parts);
    for part in parts {
        let twice = heap.free(&mut cache, part);
        assert_eq!(
            twice,
            Err(FreeError::AlreadyFreedOrUnknownLarge),
            "{part:?}"
        );
    }
}
