//! Every call to the operating system refused in turn: an error each time, and nothing lost.

use super::double::Double;
use crate::allocator::{Allocator, Engine, ThreadCache, Visit, leave_thread};
use crate::config::{AllocatorConfig, Config};
use crate::error::{AllocError, InitError};
use crate::sync::Ordering;
use crate::thread_cache::LocalBins;

fn config() -> AllocatorConfig {
    AllocatorConfig {
        arena_size: 128 << 20,
        alignment: 64,
        refill_target_bytes: 4_096,
        local_cache_target_bytes: 8_192,
    }
}

/// A little of everything. Returns how many requests were refused.
fn exercise(allocator: &Allocator) -> usize {
    let mut refused = 0;
    let mut cache = ThreadCache::new(config());
    let mut other = ThreadCache::new(config());
    let mut live = Vec::new();
    for size in [
        1,
        64,
        65,
        4_096,
        70_000,
        300_000,
        2 << 20,
        20 << 20,
        30 << 20,
    ] {
        for _ in 0..3 {
            match allocator.allocate_with_cache(&mut cache, size) {
                Ok(block) => {
                    // SAFETY: the block is new and `size` bytes long.
                    unsafe { block.write_bytes(0x5a, size) };
                    live.push((block, size));
                }
                Err(AllocError::OutOfMemory { requested, .. }) => {
                    assert_eq!(requested, size);
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
            allocator.validate();
        }
    }
    for (index, (block, size)) in live.into_iter().enumerate() {
        // SAFETY: the block is live and `size` bytes long.
        assert_eq!(unsafe { block.add(size - 1).read() }, 0x5a);
        let through = if index % 2 == 0 {
            &mut cache
        } else {
            &mut other
        };
        // SAFETY: the block is live and given up.
        let freed = unsafe { allocator.deallocate_with_size_checked(through, block, size) };
        assert_eq!(freed, Ok(()));
        allocator.validate();
    }
    refused
}

#[test]
fn each_call_refused_once_costs_at_most_the_request_that_needed_it() {
    let counting = Double::leaked();
    let baseline =
        exercise(&Allocator::on(counting, config()).expect("the double refuses nothing"));
    let calls = counting.calls.load(Ordering::Relaxed);
    assert!(calls > 5, "the exercise reaches the system");
    for refused_call in 0..calls {
        let os = Double::leaked();
        os.allowed.store(refused_call, Ordering::Relaxed);
        match Allocator::on(os, config()) {
            Ok(allocator) => {
                let refused = exercise(&allocator);
                assert!(
                    refused <= baseline + 1,
                    "call {refused_call}: {refused} requests refused"
                );
                drop(allocator);
            }
            Err(InitError::MapFailed(error)) => {
                assert_eq!(error.raw_os_error(), Some(libc::ENOMEM))
            }
            Err(error) => panic!("{error}"),
        }
        os.wait_until_unmapped(format_args!("call {refused_call}"));
    }
}

#[test]
fn memory_refused_by_the_system_is_no_reason_to_grow() {
    let os = Double::leaked();
    let engine = Engine::new(os, Config::general().with_arena(64 << 20), true)
        .expect("the double refuses nothing");
    // SAFETY: the engine is ours, and never released.
    let engine = unsafe { engine.as_ref() };
    let bins: &'static LocalBins<88> = Box::leak(Box::new(LocalBins::new()));
    let limits = (0..88).map(|class| engine.limits(class));
    // SAFETY: the bins are ours alone, one a class, and live for ever.
    unsafe { Visit::bind(engine, bins.locals(), leave_thread, limits) };
    os.no_commits.store(true, Ordering::Relaxed);
    for _ in 0..8 {
        // SAFETY: as above.
        let visit = unsafe { Visit::enter(engine, bins.locals()) };
        assert!(visit.alloc_large(3 << 20, 8).is_none());
    }
    assert_eq!(engine.stats().regions, 1);
    os.no_commits.store(false, Ordering::Relaxed);
    // SAFETY: as above.
    let visit = unsafe { Visit::enter(engine, bins.locals()) };
    assert!(
        visit.alloc_large(3 << 20, 8).is_some(),
        "the arena recovers with the system"
    );
}
