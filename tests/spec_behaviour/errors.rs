//! Errors, never a crash: what each refusal is called, and that it changes nothing.

use orthotope::{AllocError, AllocatorConfig, FreeError, SizeClass};
use orthotope_tests::spec::heap::{Heap, kept};
use orthotope_tests::spec::process;

const MIB: usize = 1 << 20;
const SIZES: [usize; 7] = [1, 64, 200, 4_096, 100_000, 16 * MIB, 17 * MIB];

/// SPEC 4: "zero size → `ZeroSize`".
#[test]
fn zero_size_is_refused() {
    let heap = Heap::with_arena(MIB);
    let mut cache = heap.cache();
    let before = heap.stats();
    assert_eq!(heap.try_alloc(&mut cache, 0), Err(AllocError::ZeroSize));
    assert_eq!(heap.stats(), before);
    assert_eq!(orthotope::allocate(0), Err(AllocError::ZeroSize));
}

/// SPEC 4: "a wrong size → `SizeMismatch`, and the block stays live".
#[test]
fn a_wrong_size_is_told_and_the_block_stays_live() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for size in SIZES {
        let block = heap.alloc(&mut cache, size);
        block.fill(0x77);
        let before = (heap.stats(), cache.stats());
        for provided in [0, 1, size - 1, size + 1, 17 * MIB, usize::MAX] {
            if provided == size {
                continue;
            }
            let refused = heap.free_sized(&mut cache, block, provided);
            let recorded = size;
            let mismatch = FreeError::SizeMismatch { provided, recorded };
            assert_eq!(refused, Err(mismatch));
        }
        assert_eq!((heap.stats(), cache.stats()), before);
        assert!(block.is_filled_with(0x77));
        assert_eq!(heap.free_sized(&mut cache, block, size), Ok(()));
    }
}

/// SPEC 4: "a second free of a small block → `DoubleFree`": at once, with or without a size.
#[test]
fn a_second_free_of_a_small_block_is_told() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        let size = class.payload_size();
        let block = heap.alloc(&mut cache, size);
        heap.free(&mut cache, block).expect("a live block");
        let before = (heap.stats(), cache.stats());
        let twice = Err(FreeError::DoubleFree);
        assert_eq!(heap.free(&mut cache, block), twice, "{class:?}");
        assert_eq!(heap.free_sized(&mut cache, block, size), twice, "{class:?}");
        assert_eq!(heap.free(&mut heap.cache(), block), twice, "another cache");
        assert_eq!((heap.stats(), cache.stats()), before);
    }
}

/// SPEC 4: "`DoubleFree` (which wins over `SizeMismatch`)".
#[test]
fn double_free_wins_over_size_mismatch() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        let size = class.payload_size();
        let block = heap.alloc(&mut cache, size);
        heap.free_sized(&mut cache, block, size)
            .expect("a live block");
        for provided in [0, 1, size - 1, size + 1, usize::MAX] {
            let twice = heap.free_sized(&mut cache, block, provided);
            assert_eq!(twice, Err(FreeError::DoubleFree), "{class:?} as {provided}");
        }
    }
}

/// SPEC 4: "`DoubleFree` […] also when the block has since moved to the central pool": drained, drained by the limit,
/// staged by another cache, published by it.
#[test]
fn double_free_is_told_after_the_block_has_moved_to_the_central_pool() {
    let twice = Err(FreeError::DoubleFree);
    for class in [SizeClass::B64, SizeClass::B4K, SizeClass::B1M] {
        let heap = Heap::with_arena(256 * MIB);
        let (mut cache, mut other) = (heap.cache(), heap.cache());
        let size = class.payload_size();
        let count = heap.config().local_limit(class) + 1;
        let blocks = heap.alloc_many(&mut cache, size, count);
        heap.free_all(&mut cache, &blocks);
        assert!(heap.central(class) > 0 && kept(&cache, class) > 0);
        for &block in &blocks {
            assert_eq!(heap.free(&mut cache, block), twice, "by the limit");
        }
        heap.drain_thread_cache(&mut cache);
        for &block in &blocks {
            assert_eq!(heap.free(&mut cache, block), twice, "drained");
        }
        let remote = heap.alloc(&mut cache, size);
        heap.free(&mut other, remote).expect("a live block");
        assert_eq!(heap.free(&mut cache, remote), twice, "staged elsewhere");
        heap.drain_thread_cache(&mut other);
        assert_eq!(heap.free(&mut other, remote), twice, "published");
        let wrong = heap.free_sized(&mut cache, remote, size + 1);
        assert_eq!(wrong, twice, "whatever the size");
    }
}

/// SPEC 4: "`DoubleFree` […] also when the block has since moved": even when the arena has its slab back.
#[test]
fn double_free_is_told_after_the_slab_has_gone() {
    let class = SizeClass::B4K;
    let config = AllocatorConfig {
        arena_size: 7 * class.block_size(),
        ..AllocatorConfig::default()
    };
    let heap = Heap::new(config);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 4_096, 7);
    heap.free_all(&mut cache, &blocks);
    heap.drain_thread_cache(&mut cache);
    // Of another class, and the budget has no room but the slab's.
    let other = heap.alloc(&mut cache, 10_000);
    for block in blocks {
        if block.address() == other.address() {
            continue;
        }
        let twice = heap.free(&mut cache, block);
        // Where the other's slab lies now, it may be inside a block of it.
        assert!(
            matches!(twice, Err(FreeError::DoubleFree | FreeError::CorruptHeader)),
            "{block:?}: {twice:?}"
        );
    }
    heap.free(&mut cache, other).expect("it stayed live");
}

/// SPEC 4: "A pointer whose block has been handed out again frees the new holder's block: that is the documented
/// limit of a raw-pointer API."
#[test]
fn a_stale_pointer_frees_the_new_holders_block() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    for size in [64, 5_000, 17 * MIB] {
        let stale = heap.alloc(&mut cache, size);
        heap.free(&mut cache, stale).expect("a live block");
        let holder = heap.alloc(&mut cache, size);
        assert_eq!(holder, stale);
        assert_eq!(heap.free(&mut cache, stale), Ok(()));
        assert!(heap.free(&mut cache, holder).is_err(), "now it is free");
    }
}

/// SPEC 4, errors: the process-wide functions tell the same, from a cache as fast as it gets.
#[test]
fn the_process_wide_functions_tell_double_frees() {
    process::alone(|| {
        for size in SIZES {
            let block = process::alloc(size);
            assert_eq!(process::free(block), Ok(()));
            let expected = if size > 16 * MIB {
                FreeError::AlreadyFreedOrUnknownLarge
            } else {
                FreeError::DoubleFree
            };
            assert_eq!(process::free(block), Err(expected.clone()), "{size}");
            assert_eq!(process::free_sized(block, size), Err(expected.clone()));
            assert_eq!(process::free_sized(block, size + 1), Err(expected));
        }
    });
}
