//! "No sequence of safe calls touches unmapped memory": long random sequences of them.

use std::panic::{self, AssertUnwindSafe};

use orthotope::{Allocator, AllocatorConfig, ThreadCache};
use orthotope_tests::random::Random;

fn config(numbers: &mut Random) -> AllocatorConfig {
    AllocatorConfig {
        arena_size: [1, 128, 5_000, 1 << 20, 64 << 20][numbers.below(5)],
        alignment: [64, 256, 8_192][numbers.below(3)],
        refill_target_bytes: [0, 500, 32 << 10][numbers.below(3)],
        local_cache_target_bytes: [0, 500, 64 << 10][numbers.below(3)],
    }
}

fn one_call(
    numbers: &mut Random,
    allocators: &mut [Option<Allocator>; 3],
    caches: &mut [Option<ThreadCache>; 4],
) {
    let (chosen, with) = (numbers.below(3), numbers.below(4));
    match numbers.below(12) {
        0 => allocators[chosen] = Allocator::new(config(numbers)).ok(),
        1 => drop(allocators[chosen].take()),
        2 => caches[with] = Some(ThreadCache::new(config(numbers))),
        3 => drop(caches[with].take()),
        4 => caches.swap(with, numbers.below(4)),
        5 => {
            // A cache that moves to another thread, and dies there.
            if let Some(cache) = caches[with].take() {
                let mourned = std::thread::spawn(move || drop(cache)).join();
                mourned.expect("dropping does not panic");
            }
        }
        6 => {
            let counted = caches[with].as_ref().map(ThreadCache::stats);
            assert!(counted.is_none_or(|stats| stats.is_bound || stats.total_local_blocks() == 0));
            if let Some(stats) = allocators[chosen].as_ref().map(Allocator::stats) {
                assert!(stats.arena_remaining <= stats.arena_capacity);
            }
        }
        7 => {
            if let (Some(allocator), Some(cache)) = (&allocators[chosen], &mut caches[with]) {
                // It panics if the cache holds another's blocks.
                let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                    allocator.drain_thread_cache(cache);
                }));
            }
        }
        _ => {
            let size =
                [0, 1, 64, 300, 5_000, 70_000, 3 << 20, 17 << 20, usize::MAX][numbers.below(9)];
            if let (Some(allocator), Some(cache)) = (&allocators[chosen], &mut caches[with]) {
                let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                    let _ = allocator.allocate_with_cache(cache, size);
                }));
            }
        }
    }
}

/// SPEC 3: "No sequence of safe calls touches unmapped memory."
#[test]
fn random_sequences_of_safe_calls_do_not_crash() {
    // The refusals are expected: no word about each.
    if !orthotope_tests::spec::child::is_child(
        "safe_calls::random_sequences_of_safe_calls_do_not_crash",
    ) {
        return;
    }
    panic::set_hook(Box::new(|info| {
        let reason = info.payload_as_str().unwrap_or_default();
        if !reason.starts_with("thread cache cannot be reused across allocators") {
            eprintln!("{info}");
        }
    }));
    for seed in 1..=20 {
        let mut numbers = Random::new(seed);
        let mut allocators = [None, None, None];
        let mut caches = [None, None, None, None];
        for _ in 0..500 {
            one_call(&mut numbers, &mut allocators, &mut caches);
        }
    }
}

/// SPEC 3: "No sequence of safe calls touches unmapped memory": a cache that is forgotten keeps its arena.
#[test]
fn a_forgotten_cache_keeps_its_arena() {
    let allocator = Allocator::new(AllocatorConfig::default()).expect("an arena");
    let mut cache = ThreadCache::new(*allocator.config());
    let block = allocator.allocate_with_cache(&mut cache, 64);
    let block = block.expect("there is room");
    core::mem::forget(cache);
    drop(allocator);
    // SAFETY: the block is live, and its arena has a holder that never lets go.
    unsafe { block.write(1) };
}
