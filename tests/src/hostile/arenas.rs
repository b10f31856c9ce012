//! Arenas that are made, used and dropped by the thousand.

use std::fs;

use orthotope::{Allocator, AllocatorConfig, ThreadCache};

use crate::memory;

/// Arenas, and how many of them before the process is first looked at.
const ARENAS: usize = 10_000;
const FIRST: usize = 100;
/// More that the process may have mapped in the end, in bytes: what it learns to format, for one.
const SLACK: usize = 4 << 20;

/// What an arena may not leave behind.
#[derive(Debug)]
struct Footprint {
    address_space: usize,
    mappings: usize,
    descriptors: usize,
}

impl Footprint {
    fn now() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").expect("the mappings can be listed");
        let descriptors = fs::read_dir("/proc/self/fd").expect("the descriptors can be listed");
        Self {
            address_space: memory::address_space(),
            mappings: maps.lines().count(),
            descriptors: descriptors.count(),
        }
    }
}

/// Address space, mappings and descriptors are after ten thousand arenas what they were after a hundred.
pub(super) fn come_and_go() {
    (0..FIRST).for_each(come_and_go_once);
    let first = Footprint::now();
    (FIRST..ARENAS).for_each(come_and_go_once);
    let last = Footprint::now();
    println!("{first:?}, after {ARENAS} arenas {last:?}");
    assert!(
        last.address_space <= first.address_space + SLACK,
        "{last:?}"
    );
    assert!(last.mappings <= first.mappings + 4, "{last:?}");
    assert!(last.descriptors <= first.descriptors, "{last:?}");
}

fn come_and_go_once(number: usize) {
    let config = AllocatorConfig {
        arena_size: 1 << (22 + number % 10),
        ..AllocatorConfig::default()
    };
    let allocator = Allocator::new(config).expect("there is address space");
    let mut cache = ThreadCache::new(config);
    let sizes = [1, 100, 5_000, 70_000];
    let blocks = sizes.map(|size| {
        let block = allocator.allocate_with_cache(&mut cache, size);
        let block = block.expect("there is room for it");
        // SAFETY: the block is new and `size` bytes long.
        unsafe { block.write_bytes(number as u8, size) };
        block
    });
    for (block, size) in blocks.into_iter().zip(sizes).skip(number % 3) {
        // SAFETY: the block is live and `size` bytes long.
        assert_eq!(unsafe { block.add(size - 1).read() }, number as u8);
        // SAFETY: the block is live and given up.
        let freed = unsafe { allocator.deallocate_with_cache(&mut cache, block) };
        assert_eq!(freed, Ok(()));
    }
    // The cache keeps the arena mapped, whichever goes first.
    if number.is_multiple_of(2) {
        drop(allocator);
        drop(cache);
    }
}
