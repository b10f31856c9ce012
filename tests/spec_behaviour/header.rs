//! The header: where it is, what it says, and how reuse treats it.

use orthotope::{FreeError, SizeClass};
use orthotope_tests::spec::heap::{Heap, kept};

const MIB: usize = 1 << 20;

fn first_four(header: [u8; 64]) -> [u8; 4] {
    [header[0], header[1], header[2], header[3]]
}

/// SPEC 4: "64 bytes before every block": of a slab the blocks lie 64 bytes of header apart, and writing all of a
/// payload leaves every header as it was.
#[test]
fn every_block_has_64_bytes_before_it_to_itself() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        let blocks = heap.alloc_many(&mut cache, class.payload_size(), 3);
        let before: Vec<_> = blocks.iter().map(|block| block.header()).collect();
        for block in &blocks {
            block.fill(0xff);
        }
        let after: Vec<_> = blocks.iter().map(|block| block.header()).collect();
        assert_eq!(before, after, "{class:?}");
        heap.free_all(&mut cache, &blocks);
    }
}

/// SPEC 4: "The first four bytes hold a magic number": the same for every block, small or large, of any allocator,
/// live or free.
#[test]
fn the_first_four_bytes_hold_a_magic_number() {
    let (heap, another) = (Heap::with_arena(256 * MIB), Heap::with_arena(256 * MIB));
    let mut cache = heap.cache();
    let magic = first_four(heap.alloc(&mut cache, 1).header());
    assert_ne!(magic, [0; 4]);
    for size in SizeClass::ALL
        .map(SizeClass::payload_size)
        .into_iter()
        .chain([17 * MIB])
    {
        let block = heap.alloc(&mut cache, size);
        assert_eq!(first_four(block.header()), magic, "{size}");
        heap.free(&mut cache, block).expect("a live block");
        assert_eq!(first_four(block.header()), magic, "{size}, freed");
        let elsewhere = another.alloc(&mut another.cache(), size);
        assert_eq!(first_four(elsewhere.header()), magic, "{size}");
    }
}

/// SPEC 4: "Header: 64 bytes before every block route the free": without a size, small or large, each finds its way.
#[test]
fn the_header_routes_the_free() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        let block = heap.alloc(&mut cache, class.payload_size());
        let before = kept(&cache, class);
        heap.free(&mut cache, block).expect("a live block");
        assert_eq!(kept(&cache, class), before + 1, "{class:?}");
    }
    let large = heap.alloc(&mut cache, 17 * MIB);
    heap.free(&mut cache, large).expect("a live block");
    assert_eq!(heap.stats().large_free_blocks, 1);
}

/// SPEC 4: "It records […] requested […] size": a wrong size is told from what is recorded.
#[test]
fn the_header_records_the_requested_size() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for requested in [1, 2, 63, 64, 65, 255, 5_000, 16 * MIB, 16 * MIB + 1] {
        let block = heap.alloc(&mut cache, requested);
        let refused = heap.free_sized(&mut cache, block, requested + 1);
        let mismatch = FreeError::SizeMismatch {
            provided: requested + 1,
            recorded: requested,
        };
        assert_eq!(refused, Err(mismatch));
        heap.free_sized(&mut cache, block, requested)
            .expect("the recorded size");
    }
}

/// SPEC 4: "It records kind, class, requested and usable size": two blocks that differ in any of them have headers
/// that differ beyond the word that mixes in the address.
#[test]
fn headers_of_different_kind_class_or_size_differ() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    let sizes = [1, 2, 64, 65, 256, 300, 4_097, 16 * MIB, 16 * MIB + 1];
    let recorded: Vec<_> = sizes
        .iter()
        .map(|&size| heap.alloc(&mut cache, size).header()[8..].to_vec())
        .collect();
    for (index, one) in recorded.iter().enumerate() {
        for (other, another) in recorded.iter().enumerate().skip(index + 1) {
            assert_ne!(one, another, "{} and {}", sizes[index], sizes[other]);
        }
    }
    let twin = heap.alloc(&mut cache, 300);
    assert_eq!(twin.header()[8..], recorded[5], "alike but for the address");
}

/// SPEC 4: "It records […] the owning cache": the same block, handed out alike by two caches, differs in that alone.
#[test]
fn the_header_records_the_owning_cache() {
    let heap = Heap::with_arena(128);
    let mut first = heap.cache();
    let block = heap.alloc(&mut first, 64);
    let header = block.header();
    heap.free(&mut first, block).expect("a live block");
    drop(first);
    let mut second = heap.cache();
    let again = heap.alloc(&mut second, 64);
    assert_eq!(again, block);
    assert_ne!(again.header(), header, "another cache handed it out");
    assert_eq!(
        first_four(again.header()),
        first_four(header),
        "the magic is the same"
    );
}

/// SPEC 4: "refreshed in place, not rewritten, when a small block is reused": a free and the same request leave the
/// same bytes; another request of the class changes what depends on the size, and nothing else.
#[test]
fn reuse_refreshes_the_header_in_place() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        let size = class.payload_size();
        let block = heap.alloc(&mut cache, size);
        let before = block.header();
        heap.free(&mut cache, block).expect("a live block");
        assert_eq!(block.header()[8..], before[8..], "a free marks the word");
        assert_eq!(heap.alloc(&mut cache, size), block);
        assert_eq!(block.header(), before, "{class:?}");
        heap.free(&mut cache, block).expect("a live block");
        let smaller = heap.alloc(&mut cache, size - 1);
        assert_eq!(smaller.address(), block.address());
        let changed = smaller.header();
        assert_ne!(changed[..16], before[..16], "{class:?}: the size recorded");
        assert_eq!(
            changed[16..],
            before[16..],
            "{class:?}: owner, usable size, the rest"
        );
        heap.free(&mut cache, smaller).expect("a live block");
    }
}

/// SPEC 4: "refreshed in place": the refreshed header is the one that counts at the next free.
#[test]
fn a_refreshed_header_records_the_new_size() {
    let heap = Heap::with_arena(MIB);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 10);
    heap.free(&mut cache, block).expect("a live block");
    let again = heap.alloc(&mut cache, 20);
    let stale = FreeError::SizeMismatch {
        provided: 10,
        recorded: 20,
    };
    assert_eq!(heap.free_sized(&mut cache, again, 10), Err(stale));
    assert_eq!(heap.free_sized(&mut cache, again, 20), Ok(()));
}
