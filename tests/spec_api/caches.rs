//! Thread caches as values: what binds them, what they keep alive, what dropping them does.

use core::ptr::NonNull;

use orthotope::{Allocator, AllocatorConfig, SizeClass, ThreadCache};
use orthotope_tests::spec::child;
use orthotope_tests::spec::heap::{Heap, kept};

const MIB: usize = 1 << 20;

fn small() -> Allocator {
    Allocator::new(AllocatorConfig {
        arena_size: MIB,
        ..AllocatorConfig::default()
    })
    .expect("a small arena")
}

/// SPEC 3: "`ThreadCacheStats { is_bound, …}`": a cache belongs to nobody until its first use.
#[test]
fn a_cache_is_bound_by_its_first_use() {
    let heap = Heap::with_arena(MIB);
    let mut cache = heap.cache();
    assert!(!cache.stats().is_bound);
    assert_eq!(cache.stats().total_local_blocks(), 0);
    heap.alloc(&mut cache, 1);
    assert!(cache.stats().is_bound);
}

/// SPEC 3: "A bound `ThreadCache` keeps the arena's metadata alive (a reference count)": after the allocator is
/// gone the cache still counts its blocks, and the memory of a block is still there.
#[test]
fn a_bound_cache_outlives_its_allocator() {
    let allocator = small();
    let mut cache = ThreadCache::new(*allocator.config());
    let block = allocator.allocate_with_cache(&mut cache, 64);
    let block = block.expect("there is room");
    let before = cache.stats();
    drop(allocator);
    // SAFETY: the block is live: it was not freed, and the cache keeps its arena.
    unsafe { block.write_bytes(0x5a, 64) };
    // SAFETY: as above, and initialised.
    assert_eq!(unsafe { block.add(63).read() }, 0x5a);
    assert_eq!(cache.stats(), before);
    drop(cache);
}

/// SPEC 3: "(a reference count)": several caches may be the last, in any order, on any thread.
#[test]
fn any_holder_may_be_the_last() {
    for last in 0..3 {
        let allocator = small();
        let mut caches: Vec<_> = (0..3)
            .map(|_| ThreadCache::new(*allocator.config()))
            .collect();
        for cache in &mut caches {
            allocator
                .allocate_with_cache(cache, 64)
                .expect("there is room");
        }
        drop(allocator);
        let kept_to_the_end = caches.remove(last);
        drop(caches);
        assert!(kept_to_the_end.stats().is_bound);
        std::thread::spawn(move || drop(kept_to_the_end))
            .join()
            .expect("dropping does not panic");
    }
}

fn is_mapped(block: NonNull<u8>) -> bool {
    let address = block.as_ptr().addr();
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux lists its mappings");
    maps.lines().any(|line| {
        let (start, rest) = line.split_once('-').expect("start-end");
        let (end, _) = rest.split_once(' ').expect("end rights");
        let number = |text| usize::from_str_radix(text, 16).expect("a hexadecimal number");
        (number(start)..number(end)).contains(&address)
    })
}

/// SPEC 3: "(a reference count)": the last holder unmaps the arena.
#[test]
fn the_last_holder_unmaps_the_arena() {
    // On its own: no other thread may map anything at the same address meanwhile.
    if !child::is_child("caches::the_last_holder_unmaps_the_arena") {
        return;
    }
    let allocator = small();
    let mut cache = ThreadCache::new(*allocator.config());
    let block = allocator.allocate_with_cache(&mut cache, 64);
    let block = block.expect("there is room");
    drop(allocator);
    assert!(is_mapped(block));
    drop(cache);
    assert!(!is_mapped(block));
}

/// SPEC 3: "allocators compare by an id".
#[test]
fn an_allocator_equals_itself_alone() {
    let (first, second) = (small(), small());
    for (one, other) in [(&first, &second), (&second, &first)] {
        assert_eq!(one, one);
        assert_ne!(one, other);
    }
}

/// SPEC 3: "an id that is never used twice": nor by an allocator that takes the place of one that is gone.
#[test]
fn an_id_is_never_used_twice() {
    let first = small();
    let mut moved = small();
    for _ in 0..100 {
        let next = small();
        assert!(next != first && next != moved);
        moved = next;
    }
    // A cache of an allocator that is gone is not taken for one of its successor's.
    let gone = small();
    let mut cache = ThreadCache::new(*gone.config());
    gone.allocate_with_cache(&mut cache, 1)
        .expect("there is room");
    drop(gone);
    let successor = small();
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        successor.drain_thread_cache(&mut cache);
    }));
    assert!(refused.is_err(), "it holds blocks of the one that is gone");
    assert_eq!(successor.stats().total_small_central_blocks(), 0);
}

/// SPEC 3: "dropping a cache that holds blocks publishes them": freed ones, and those it never handed out.
#[test]
fn dropping_a_cache_publishes_its_blocks() {
    let heap = Heap::with_arena(64 * MIB);
    for class in [SizeClass::B64, SizeClass::B4K, SizeClass::B1M] {
        let mut cache = heap.cache();
        let blocks = heap.alloc_many(&mut cache, class.payload_size(), 2);
        heap.free(&mut cache, blocks[0]).expect("a live block");
        let held = kept(&cache, class);
        assert!(held > 0 && heap.central(class) == 0, "{class:?}");
        drop(cache);
        assert_eq!(heap.central(class), held, "{class:?}");
        // One live block of it is left, and the next cache gets the published ones.
        let mut next = heap.cache();
        let remaining = heap.stats().arena_remaining;
        heap.alloc(&mut next, class.payload_size());
        assert_eq!(heap.stats().arena_remaining, remaining, "{class:?}");
        heap.free(&mut next, blocks[1]).expect("a live block");
    }
}

/// SPEC 3: "dropping a cache that holds blocks publishes them": blocks of other caches that wait there too.
#[test]
fn dropping_a_cache_publishes_the_remote_blocks_staged_in_it() {
    let heap = Heap::with_arena(64 * MIB);
    let (mut owner, mut other) = (heap.cache(), heap.cache());
    let blocks = heap.alloc_many(&mut owner, 64, 3);
    heap.free_all(&mut other, &blocks);
    assert_eq!(heap.central(SizeClass::B64), 0, "fewer than a batch");
    drop(other);
    assert_eq!(heap.central(SizeClass::B64), 3);
}
