//! Classes, and the path of a request that exceeds them.

use orthotope::SizeClass;
use orthotope_tests::spec::heap::{Heap, kept};

/// The class whose block a request of `size` bytes got, by where it is kept once it is free.
fn class_that_served(size: usize) -> Option<SizeClass> {
    let heap = Heap::with_arena(1 << 30);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, size);
    heap.free(&mut cache, block).expect("a live block");
    SizeClass::ALL
        .into_iter()
        .find(|&class| kept(&cache, class) > 0)
}

/// SPEC 4: "**Classes** (largest request served): 64, 256, 4096, 6144, 8192, 16384, 32768, 65536, 131072, 262144,
/// 1 MiB, 16 MiB."
#[test]
fn each_class_serves_up_to_its_largest_request_and_not_a_byte_more() {
    let largest = [
        64,
        256,
        4_096,
        6_144,
        8_192,
        16_384,
        32_768,
        65_536,
        131_072,
        262_144,
        1 << 20,
        16 << 20,
    ];
    let mut least = 1;
    for (class, most) in SizeClass::ALL.into_iter().zip(largest) {
        for size in [least, most - 1, most] {
            assert_eq!(class_that_served(size), Some(class), "{size}");
        }
        least = most + 1;
    }
}

/// SPEC 4: "Above 16 MiB: the large path."
#[test]
fn a_byte_above_16_mib_takes_the_large_path() {
    let heap = Heap::with_arena(1 << 30);
    let mut cache = heap.cache();
    heap.alloc(&mut cache, 16 << 20);
    assert_eq!(heap.stats().large_live_allocations, 0);
    heap.alloc(&mut cache, (16 << 20) + 1);
    assert_eq!(heap.stats().large_live_allocations, 1);
    assert_eq!(class_that_served((16 << 20) + 1), None);
}

/// SPEC 4, classes: a block holds the largest request of its class without touching its neighbours.
#[test]
fn blocks_do_not_overlap() {
    let heap = Heap::with_arena(256 << 20);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        let blocks = heap.alloc_many(&mut cache, class.payload_size(), 3);
        for (number, block) in blocks.iter().enumerate() {
            block.fill(number as u8 + 1);
        }
        for (number, block) in blocks.iter().enumerate() {
            assert!(block.is_filled_with(number as u8 + 1), "{class:?}");
        }
        heap.free_all(&mut cache, &blocks);
    }
}
