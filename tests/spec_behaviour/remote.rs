//! Remote frees: blocks that come back through another cache than the one that handed them out.

use orthotope::{AllocatorConfig, SizeClass};
use orthotope_tests::spec::heap::{Heap, kept};

const CLASSES: [SizeClass; 4] = [
    SizeClass::B64,
    SizeClass::B4K,
    SizeClass::B16K,
    SizeClass::B16M,
];

/// SPEC 4: "A block freed through another cache is staged in that cache and goes to the central pool in batches of
/// `drain_count`"; "A remote free reaches the central pool as soon as `drain_count` are staged"; "`small_central`
/// counts what the central pool holds, remote blocks just published included."
#[test]
fn remote_frees_reach_the_central_pool_in_batches_of_drain_count() {
    for class in CLASSES {
        let heap = Heap::with_arena(512 << 20);
        let (mut owner, mut other) = (heap.cache(), heap.cache());
        let batch = heap.config().drain_count(class);
        let blocks = heap.alloc_many(&mut owner, class.payload_size(), 2 * batch + 1);
        for (index, &block) in blocks.iter().enumerate() {
            heap.free(&mut other, block).expect("a live block");
            let published = (index + 1) / batch * batch;
            assert_eq!(heap.central(class), published, "{class:?}");
            assert_eq!(kept(&other, class), 0, "{class:?}: none is its own");
        }
    }
}

/// SPEC 4: the same, by frees that state the size.
#[test]
fn sized_remote_frees_are_staged_too() {
    let heap = Heap::with_arena(64 << 20);
    let (mut owner, mut other) = (heap.cache(), heap.cache());
    let batch = heap.config().drain_count(SizeClass::B4K);
    let blocks = heap.alloc_many(&mut owner, 4_000, batch);
    for (index, &block) in blocks.iter().enumerate() {
        assert_eq!(heap.central(SizeClass::B4K), 0, "{index}");
        assert_eq!(heap.free_sized(&mut other, block, 4_000), Ok(()));
    }
    assert_eq!(heap.central(SizeClass::B4K), batch);
}

/// SPEC 4: "a block's owner is the cache that last handed it out": not the one whose slab it is of.
#[test]
fn the_owner_is_the_cache_that_last_handed_it_out() {
    let heap = Heap::with_arena(64 << 20);
    let (mut first, mut second) = (heap.cache(), heap.cache());
    let class = SizeClass::B4K;
    let block = heap.alloc(&mut first, 4_096);
    heap.free(&mut first, block).expect("a live block");
    heap.drain_thread_cache(&mut first);
    let central = heap.central(class);
    let taken = heap.alloc_many(&mut second, 4_096, central);
    assert!(taken.contains(&block), "the first cache's slab");
    // For the second cache it is local now, for the first remote.
    heap.free(&mut second, block).expect("a live block");
    assert_eq!(kept(&second, class), 1);
    assert_eq!(heap.alloc(&mut second, 4_096), block);
    heap.free(&mut first, block).expect("a live block");
    assert_eq!(kept(&first, class), 0);
}

/// SPEC 4: "(blocks of an exited cache are remote to all)".
#[test]
fn blocks_of_an_exited_cache_are_remote_to_all() {
    let heap = Heap::with_arena(64 << 20);
    let class = SizeClass::B4K;
    let batch = heap.config().drain_count(class);
    let mut gone = heap.cache();
    let blocks = heap.alloc_many(&mut gone, 4_096, batch);
    drop(gone);
    let before = heap.central(class);
    let mut other = heap.cache();
    for &block in &blocks {
        assert_eq!(heap.central(class), before);
        heap.free(&mut other, block).expect("a live block");
        assert_eq!(kept(&other, class), 0);
    }
    assert_eq!(heap.central(class), before + batch);
}

/// SPEC 4: "`drain_thread_cache` […] publish[es] what is left": staged blocks, freed ones and untouched ones.
#[test]
fn draining_publishes_what_is_left() {
    for class in [SizeClass::B64, SizeClass::B4K, SizeClass::B1M] {
        let heap = Heap::with_arena(64 << 20);
        let (mut owner, mut other) = (heap.cache(), heap.cache());
        let block = heap.alloc(&mut owner, class.payload_size());
        heap.alloc(&mut other, class.payload_size());
        heap.free(&mut other, block).expect("a live block");
        let held = kept(&other, class);
        let published = heap.central(class);
        heap.drain_thread_cache(&mut other);
        assert_eq!(kept(&other, class), 0);
        let staged = usize::from(published == 0);
        assert_eq!(heap.central(class), published + held + staged, "{class:?}");
        // It stays bound, and of use.
        assert!(other.stats().is_bound);
        heap.alloc(&mut other, class.payload_size());
    }
}

/// SPEC 4: "`drain_thread_cache`": draining what is empty changes nothing.
#[test]
fn draining_an_empty_cache_changes_nothing() {
    let heap = Heap::with_arena(1 << 20);
    let mut cache = heap.cache();
    let before = heap.stats();
    heap.drain_thread_cache(&mut cache);
    heap.drain_thread_cache(&mut cache);
    assert_eq!(heap.stats(), before);
}

/// SPEC 4: "goes to the central pool": where the owner's refill finds it again.
#[test]
fn a_published_remote_block_serves_its_former_owner() {
    let heap = Heap::new(AllocatorConfig {
        refill_target_bytes: 0,
        ..AllocatorConfig::default()
    });
    let (mut owner, mut other) = (heap.cache(), heap.cache());
    let block = heap.alloc(&mut owner, 64);
    heap.free(&mut other, block).expect("a live block");
    assert_eq!(heap.central(SizeClass::B64), 1, "a batch is one block here");
    assert_eq!(heap.alloc(&mut owner, 64), block);
}
