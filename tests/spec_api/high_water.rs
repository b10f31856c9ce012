//! `arena_remaining`: the capacity less the highest charge so far.

use orthotope::{AllocatorConfig, SizeClass};
use orthotope_tests::spec::heap::Heap;

const MIB: usize = 1 << 20;

/// SPEC 3: "`arena_remaining` is the capacity less the highest charge so far": a free does not raise it.
#[test]
fn a_free_does_not_raise_it() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let small = heap.alloc(&mut cache, 64);
    let large = heap.alloc(&mut cache, 20 * MIB);
    let slab = AllocatorConfig::default().refill_count(SizeClass::B64) * 128;
    let remaining = 64 * MIB - slab - (20 * MIB + 64);
    assert_eq!(heap.stats().arena_remaining, remaining);
    heap.free_all(&mut cache, &[small, large]);
    heap.drain_thread_cache(&mut cache);
    assert_eq!(heap.stats().arena_remaining, remaining);
}

/// SPEC 3: "the highest charge so far": what is handed out again is not charged again.
#[test]
fn reuse_does_not_lower_it() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let mut remaining = None;
    for _ in 0..10 {
        let blocks = [heap.alloc(&mut cache, 64), heap.alloc(&mut cache, 20 * MIB)];
        let now = heap.stats().arena_remaining;
        assert_eq!(*remaining.get_or_insert(now), now);
        heap.free_all(&mut cache, &blocks);
    }
}

/// SPEC 3: "the highest charge so far": after a charge has fallen, only what exceeds the former height counts.
#[test]
fn only_a_new_height_lowers_it() {
    let heap = Heap::with_arena(40 * MIB);
    let mut cache = heap.cache();
    let first = heap.alloc(&mut cache, 20 * MIB);
    heap.free(&mut cache, first).expect("a live block");
    // Does not fit beside the pooled block, which is given up for it: the charge falls to 0 and rises again.
    let second = heap.alloc(&mut cache, 30 * MIB);
    assert_eq!(heap.stats().arena_remaining, 10 * MIB - 64);
    heap.free(&mut cache, second).expect("a live block");
    heap.alloc(&mut cache, 25 * MIB);
    assert_eq!(heap.stats().arena_remaining, 10 * MIB - 64);
}
