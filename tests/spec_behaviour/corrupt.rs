//! Corrupt headers: a bad magic, fields that contradict each other, forged and copied headers.

use orthotope::{FreeError, SizeClass, ThreadCache};
use orthotope_tests::spec::heap::{Block, Heap};

const MIB: usize = 1 << 20;
const SIZES: [usize; 6] = [1, 64, 200, 5_000, 16 * MIB, 17 * MIB];

/// Bytes of the header that say something: the word, then kind, class and requested size, then (after the owner,
/// of which any is possible) the usable size.
const RECORDED: [core::ops::Range<usize>; 3] = [0..8, 8..16, 24..32];

/// SPEC 4: "a bad magic […] → `CorruptHeader`, and a live large record survives it (the free succeeds once the header
/// is restored)": any byte of the magic, of small blocks and large ones, by either free.
#[test]
fn a_bad_magic_is_told_and_the_block_survives_it() {
    let heap = Heap::with_arena(128 * MIB);
    let mut cache = heap.cache();
    for size in SIZES {
        let block = heap.alloc(&mut cache, size);
        let before = (heap.stats(), cache.stats());
        for index in 0..4 {
            block.flip(index);
            let refused = [
                heap.free(&mut cache, block),
                heap.free_sized(&mut cache, block, size),
            ];
            assert_eq!(refused, [const { Err(FreeError::CorruptHeader) }; 2]);
            block.flip(index);
        }
        assert_eq!((heap.stats(), cache.stats()), before);
        assert_eq!(heap.free(&mut cache, block), Ok(()), "restored");
    }
}

type Free = fn(&Heap, &mut ThreadCache, Block<'_>) -> Result<(), FreeError>;

/// `free` refuses a block of which any recorded byte is changed, and takes it once that is undone.
fn every_changed_byte_is_told(free: Free) {
    let heap = Heap::with_arena(128 * MIB);
    let mut cache = heap.cache();
    for size in SIZES {
        let block = heap.alloc(&mut cache, size);
        for index in RECORDED.into_iter().flatten() {
            block.flip(index);
            let refused = free(&heap, &mut cache, block);
            assert_eq!(
                refused,
                Err(FreeError::CorruptHeader),
                "byte {index} of {size}"
            );
            block.flip(index);
        }
        assert_eq!(free(&heap, &mut cache, block), Ok(()), "restored");
    }
}

/// SPEC 4: "[an] inconsistent header → `CorruptHeader`": any recorded byte changed, then freed without a size.
#[test]
fn an_inconsistent_header_is_told() {
    every_changed_byte_is_told(|heap, cache, block| heap.free(cache, block));
}

/// SPEC 4: "[an] inconsistent header → `CorruptHeader`": any recorded byte changed, then freed with the right size.
#[test]
fn an_inconsistent_header_is_told_by_a_sized_free() {
    every_changed_byte_is_told(|heap, cache, block| heap.free_sized(cache, block, block.size()));
}

/// SPEC 4: "Errors, never a crash": an overwritten owner makes a block remote or corrupt, and no more.
#[test]
fn an_overwritten_owner_does_no_harm() {
    for size in SIZES {
        let heap = Heap::with_arena(128 * MIB);
        let mut cache = heap.cache();
        let block = heap.alloc(&mut cache, size);
        for index in 16..24 {
            block.flip(index);
        }
        let freed = heap.free_sized(&mut cache, block, size);
        assert!(
            matches!(freed, Ok(()) | Err(FreeError::CorruptHeader)),
            "{freed:?}"
        );
        heap.drain_thread_cache(&mut cache);
        let again = heap.alloc(&mut cache, size);
        again.fill(1);
        assert_eq!(heap.free(&mut cache, again), Ok(()));
    }
}

/// SPEC 4: "a bad magic or inconsistent header → `CorruptHeader`": wiped out, or filled with anything.
#[test]
fn an_overwritten_header_is_told() {
    let heap = Heap::with_arena(128 * MIB);
    let mut cache = heap.cache();
    for size in SIZES {
        let block = heap.alloc(&mut cache, size);
        let header = block.header();
        for byte in [0, 1, 0x55, 0xff] {
            block.set_header([byte; 64]);
            let refused = [
                heap.free(&mut cache, block),
                heap.free_sized(&mut cache, block, size),
            ];
            assert_eq!(refused, [const { Err(FreeError::CorruptHeader) }; 2]);
        }
        // The magic alone makes no header.
        let mut forged = [0; 64];
        forged[..4].copy_from_slice(&header[..4]);
        block.set_header(forged);
        assert_eq!(heap.free(&mut cache, block), Err(FreeError::CorruptHeader));
        block.set_header(header);
        assert_eq!(heap.free(&mut cache, block), Ok(()), "restored");
    }
}

/// SPEC 4: "a live large record survives it": its counts and its contents, while the header is corrupt and after.
#[test]
fn a_live_large_record_survives_a_corrupt_header() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 17 * MIB);
    block.fill(0x42);
    let header = block.header();
    block.set_header([0xee; 64]);
    let before = heap.stats();
    for _ in 0..3 {
        assert_eq!(heap.free(&mut cache, block), Err(FreeError::CorruptHeader));
    }
    assert_eq!(heap.stats(), before);
    assert_eq!(before.large_live_allocations, 1);
    assert!(block.is_filled_with(0x42));
    block.set_header(header);
    assert_eq!(heap.free_sized(&mut cache, block, 17 * MIB), Ok(()));
    assert_eq!(heap.stats().large_live_allocations, 0);
}

/// SPEC 4: "a bad magic […] → `CorruptHeader`": of a block that is free too; it lies in the arena, so it is not
/// another allocator's, and its record is known.
#[test]
fn a_bad_magic_of_a_freed_block_is_told() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    for size in SIZES {
        let block = heap.alloc(&mut cache, size);
        heap.free(&mut cache, block).expect("a live block");
        let header = block.header();
        block.set_header([0xee; 64]);
        let refused = heap.free(&mut cache, block);
        block.set_header(header);
        let large = size > 16 * MIB && refused == Err(FreeError::AlreadyFreedOrUnknownLarge);
        assert!(
            large || refused == Err(FreeError::CorruptHeader),
            "{size}: {refused:?}"
        );
    }
}

/// Gives `onto` the header of `from`: neither free takes it for a block then. The header is put back.
fn forge(heap: &Heap, from: Block<'_>, onto: Block<'_>) {
    let mut cache = heap.cache();
    let original = onto.header();
    onto.set_header(from.header());
    let refused = [
        heap.free(&mut cache, onto),
        heap.free_sized(&mut cache, onto, from.size()),
    ];
    assert_eq!(
        refused,
        [const { Err(FreeError::CorruptHeader) }; 2],
        "{from:?} onto {onto:?}"
    );
    onto.set_header(original);
}

/// SPEC 5: "double frees are detected […] and a pointer forged inside the arena is refused": a live block's header
/// copied onto another live block, onto a free one, onto one of another class or kind.
#[test]
fn a_copied_header_is_refused() {
    let heap = Heap::with_arena(128 * MIB);
    let mut cache = heap.cache();
    let live = heap.alloc_many(&mut cache, 64, 2);
    let free = heap.alloc(&mut cache, 64);
    heap.free(&mut cache, free).expect("a live block");
    let other_class = heap.alloc(&mut cache, 200);
    let large = heap.alloc(&mut cache, 17 * MIB);
    for onto in [live[1], free, other_class, large] {
        forge(&heap, live[0], onto);
    }
    forge(&heap, large, live[0]);
    let second_large = heap.alloc(&mut cache, 17 * MIB);
    forge(&heap, large, second_large);
}

/// SPEC 5: "a pointer forged inside the arena is refused": a whole header written into a block's payload makes no
/// block of what follows it.
#[test]
fn a_header_forged_inside_a_payload_is_refused() {
    let heap = Heap::with_arena(128 * MIB);
    let mut cache = heap.cache();
    for size in [256, 4_096, 1 << 20, 17 * MIB] {
        let outer = heap.alloc(&mut cache, size);
        let inner = heap.alloc(&mut cache, 64);
        // Every aligned place in the payload's first KiB gets the header of a live block.
        for offset in (0..size.min(1_024) - 64).step_by(64) {
            outer.write_at(offset, &inner.header());
            let forged = outer.at(offset as isize + 64);
            let refused = [
                heap.free(&mut cache, forged),
                heap.free_sized(&mut cache, forged, 64),
            ];
            assert_eq!(refused, [const { Err(FreeError::CorruptHeader) }; 2]);
        }
        heap.free_all(&mut cache, &[outer, inner]);
    }
}

/// SPEC 5: "forged": a header taken from another allocator's block of the same class and size.
#[test]
fn a_header_of_another_allocator_is_refused() {
    let (heap, another) = (Heap::with_arena(64 * MIB), Heap::with_arena(64 * MIB));
    let mut cache = heap.cache();
    for class in [SizeClass::B64, SizeClass::B4K] {
        let block = heap.alloc(&mut cache, class.payload_size());
        let theirs = another.alloc(&mut another.cache(), class.payload_size());
        let original = block.header();
        block.set_header(theirs.header());
        assert_eq!(heap.free(&mut cache, block), Err(FreeError::CorruptHeader));
        block.set_header(original);
        assert_eq!(heap.free(&mut cache, block), Ok(()));
    }
}
