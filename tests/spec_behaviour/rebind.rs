//! Thread caches and several allocators.

use std::panic::{self, AssertUnwindSafe};

use orthotope::{AllocatorStats, SizeClass, ThreadCache, ThreadCacheStats};
use orthotope_tests::spec::heap::{Heap, kept};

const REFUSAL: &str =
    "thread cache cannot be reused across allocators while it still holds cached blocks";

/// SPEC 4: "**Thread caches**: an empty one may be rebound to another allocator".
#[test]
fn an_empty_cache_may_be_rebound() {
    let (first, second) = (Heap::with_arena(1 << 20), Heap::with_arena(1 << 20));
    let mut cache = first.cache();
    for _ in 0..3 {
        for heap in [&first, &second] {
            let block = heap.alloc(&mut cache, 64);
            assert!(cache.stats().is_bound);
            heap.free(&mut cache, block).expect("a live block");
            heap.drain_thread_cache(&mut cache);
            assert_eq!(cache.stats().total_local_blocks(), 0);
        }
    }
}

/// SPEC 4: "an empty one may be rebound": one that never held a block, by any of the calls.
#[test]
fn a_cache_that_never_held_a_block_may_be_rebound() {
    let (first, second) = (Heap::with_arena(64 << 20), Heap::with_arena(64 << 20));
    let mut cache = first.cache();
    first.drain_thread_cache(&mut cache);
    second.drain_thread_cache(&mut cache);
    let large = first.alloc(&mut cache, 17 << 20);
    assert_eq!(first.free(&mut cache, large), Ok(()));
    let large = second.alloc(&mut cache, 17 << 20);
    assert_eq!(second.free_sized(&mut cache, large, 17 << 20), Ok(()));
}

/// SPEC 4: "an empty one may be rebound": to another after its allocator is gone.
#[test]
fn a_cache_may_be_rebound_after_its_allocator_is_gone() {
    let second = Heap::with_arena(1 << 20);
    let mut cache = second.cache();
    {
        let first = Heap::with_arena(1 << 20);
        let block = first.alloc(&mut cache, 64);
        first.free(&mut cache, block).expect("a live block");
        first.drain_thread_cache(&mut cache);
    }
    let block = second.alloc(&mut cache, 64);
    assert_eq!(second.free(&mut cache, block), Ok(()));
}

type Figures = (AllocatorStats, AllocatorStats, ThreadCacheStats);

fn refuses(figures: impl Fn(&ThreadCache) -> Figures, cache: &mut ThreadCache, call: Call<'_>) {
    let before = figures(cache);
    let panic = panic::catch_unwind(AssertUnwindSafe(|| call(cache)))
        .expect_err("the cache holds another's blocks");
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .map(str::to_owned)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    assert_eq!(message.as_deref(), Some(REFUSAL));
    assert_eq!(figures(cache), before, "nothing was touched");
}

type Call<'a> = &'a dyn Fn(&mut ThreadCache);

/// SPEC 4: "a non-empty one used with another allocator panics ("thread cache cannot be reused across allocators while
/// it still holds cached blocks") before it touches anything": every call, and the cache goes on as before.
#[test]
fn a_cache_that_holds_blocks_panics_with_another_allocator() {
    let (first, second) = (Heap::with_arena(64 << 20), Heap::with_arena(64 << 20));
    let mut cache = first.cache();
    let block = first.alloc(&mut cache, 64);
    let theirs = second.alloc(&mut second.cache(), 64);
    let figures = |cache: &ThreadCache| (first.stats(), second.stats(), cache.stats());
    let calls: [Call<'_>; 7] = [
        &|cache| drop(second.try_alloc(cache, 64)),
        &|cache| drop(second.try_alloc(cache, 17 << 20)),
        &|cache| drop(second.try_alloc(cache, 0)),
        &|cache| drop(second.free(cache, theirs)),
        &|cache| drop(second.free_sized(cache, theirs, 64)),
        &|cache| drop(second.free(cache, block)),
        &|cache| second.drain_thread_cache(cache),
    ];
    for call in calls {
        refuses(figures, &mut cache, call);
    }
    assert_eq!(first.free(&mut cache, block), Ok(()), "still bound");
    assert_eq!(first.alloc(&mut cache, 64), block, "as if nothing had been");
    assert_eq!(
        second.free(&mut second.cache(), theirs),
        Ok(()),
        "still live"
    );
}

/// SPEC 4: "a non-empty one": also one that holds nothing but blocks of other caches, staged.
#[test]
fn a_cache_with_staged_blocks_alone_panics_too() {
    let (first, second) = (Heap::with_arena(1 << 20), Heap::with_arena(1 << 20));
    let mut cache = first.cache();
    let block = first.alloc(&mut first.cache(), 64);
    first.free(&mut cache, block).expect("a live block");
    assert_eq!(kept(&cache, SizeClass::B64), 0);
    let figures = |cache: &ThreadCache| (first.stats(), second.stats(), cache.stats());
    refuses(figures, &mut cache, &|cache| {
        drop(second.try_alloc(cache, 64));
    });
    first.drain_thread_cache(&mut cache);
    second.alloc(&mut cache, 64);
}
