//! Parked spans: found again without the lock, and by everybody who takes it.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;

use super::arena::new_arena;
use super::double::Double;
use super::rng::Rng;
use crate::allocator::{Allocator, ThreadCache};
use crate::arena::{Arena, ArenaParams, GRANULE, Lane, Span};
use crate::config::{AllocatorConfig, HugePages};
use crate::error::FreeError;

const MIB: usize = 1 << 20;

fn arena(lazy: bool) -> Box<Arena> {
    let params = ArenaParams {
        budget: 64 * MIB,
        slack: 4 * MIB,
        spread: 0,
        align: 64,
        lazy,
        split: 1,
        purge_unit: 1,
        eager: false,
        huge: HugePages::System,
        guarded: false,
    };
    new_arena(Double::leaked(), params, false).expect("the double refuses nothing")
}

/// A live large block of so many granules.
fn take(arena: &Arena, granules: usize) -> NonNull<Span> {
    let bytes = granules * GRANULE;
    let taken = arena.take_large(granules, bytes).expect("there is room");
    // SAFETY: records are type-stable.
    let record = unsafe { taken.span.as_ref() };
    record.describe_large(bytes, arena.pointer(taken.span, 0));
    taken.span
}

fn park(arena: &Arena, lane: Lane, span: NonNull<Span>) -> bool {
    // SAFETY: records are type-stable.
    let bytes = unsafe { span.as_ref() }.requested();
    arena.has_place(lane, span, bytes) && arena.park(span)
}

#[test]
fn a_parked_span_serves_a_request_of_its_size_alone() {
    let arena = arena(true);
    let lane = arena.take_lane();
    let span = take(&arena, 40);
    assert!(park(&arena, lane, span));
    arena.validate();
    assert_eq!(arena.retake(lane, 39, 39 * GRANULE), None, "shorter");
    assert_eq!(arena.retake(lane, 44, 44 * GRANULE), None, "longer");
    assert_eq!(
        arena.retake(lane, 40, 40 * GRANULE - 64),
        None,
        "charged less"
    );
    assert_eq!(
        arena.retake(arena.take_lane(), 40, 40 * GRANULE),
        None,
        "another lane"
    );
    assert_eq!(arena.retake(lane, 40, 40 * GRANULE), Some(span));
    assert_eq!(
        arena.retake(lane, 40, 40 * GRANULE),
        None,
        "it was handed out"
    );
    arena.validate();
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
}

#[test]
fn a_parked_span_is_free_to_everybody_who_takes_the_lock() {
    for lazy in [false, true] {
        let arena = arena(lazy);
        let lane = arena.take_lane();
        let span = take(&arena, 512);
        assert!(park(&arena, lane, span));
        let counts = arena.counts();
        assert_eq!((counts.live_large, counts.live_large_bytes), (0, 0));
        assert_eq!(counts.pooled, usize::from(lazy));
        assert_eq!(arena.retake(lane, 512, 512 * GRANULE), None, "it was swept");
        let again = take(&arena, 512);
        assert_eq!(again, span, "and serves the next");
        assert!(park(&arena, lane, again));
        take(&arena, 1_024);
        arena.validate();
        // SAFETY: nothing of the arena is used again.
        unsafe { arena.unmap() };
    }
}

#[test]
fn a_span_is_parked_once_and_displaces_no_other() {
    let arena = arena(true);
    let lane = arena.take_lane();
    let (one, two) = (take(&arena, 8), take(&arena, 8));
    assert!(park(&arena, lane, one));
    assert!(!arena.park(one), "it was freed already");
    assert!(!park(&arena, lane, two), "the place is taken");
    assert!(!park(&arena, Lane::NONE, two), "no lane, no place");
    assert_eq!(arena.retake(lane, 8, 8 * GRANULE), Some(one));
    assert!(park(&arena, lane, two), "the place leads to a live block");
    arena.validate();
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
}

#[test]
fn lanes_are_lent_and_come_back() {
    let arena = arena(false);
    let lanes: Vec<_> = (0..64).map(|_| arena.take_lane()).collect();
    assert!(!lanes.contains(&Lane::NONE));
    assert_eq!(arena.take_lane(), Lane::NONE, "all are taken");
    arena.give_lane(Lane::NONE);
    arena.give_lane(lanes[17]);
    assert_eq!(arena.take_lane(), lanes[17]);
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
}

#[test]
fn large_blocks_of_many_threads_never_overlap() {
    const THREADS: usize = 6;
    const ROUNDS: usize = 3_000;
    let config = AllocatorConfig {
        arena_size: 4 << 30,
        ..AllocatorConfig::default()
    };
    let allocator = Allocator::new(config).expect("address space for 4 GiB");
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS)
        .map(|_| mpsc::sync_channel::<(usize, u64)>(8))
        .unzip();
    thread::scope(|scope| {
        for (me, receiver) in receivers.into_iter().enumerate() {
            let (allocator, senders) = (&allocator, senders.clone());
            scope.spawn(move || {
                let mut cache = ThreadCache::new(config);
                let mut rng = Rng::new(me as u64 + 1);
                let mut held: Vec<(NonNull<u8>, u64)> = Vec::new();
                let free = |cache: &mut ThreadCache, (block, stamp): (NonNull<u8>, u64)| {
                    // SAFETY: the block is live, ours, and begins with its stamp.
                    let found = unsafe { block.cast::<u64>().read() };
                    assert_eq!(found, stamp, "nobody else wrote");
                    // SAFETY: the block is live and given up.
                    let freed = unsafe { allocator.deallocate_with_cache(cache, block) };
                    assert_eq!(freed, Ok(()));
                };
                for round in 0..ROUNDS {
                    while let Ok((address, stamp)) = receiver.try_recv() {
                        let block = NonNull::new(core::ptr::with_exposed_provenance_mut(address))
                            .expect("blocks are not null");
                        free(&mut cache, (block, stamp));
                    }
                    if held.len() < 3 {
                        let size = (17 + rng.below(3)) * MIB;
                        let block = allocator
                            .allocate_with_cache(&mut cache, size)
                            .expect("the arena has room");
                        let stamp = (me * ROUNDS + round) as u64;
                        // SAFETY: the block is ours and longer than a word.
                        unsafe { block.cast::<u64>().write(stamp) };
                        held.push((block, stamp));
                    } else {
                        let one = held.swap_remove(rng.below(held.len()));
                        let address = one.0.as_ptr().expose_provenance();
                        let to = rng.below(4 * senders.len());
                        // A full channel is no place to wait: its thread may wait for ours.
                        if !(to < senders.len() && senders[to].try_send((address, one.1)).is_ok()) {
                            free(&mut cache, one);
                        }
                    }
                }
                drop(senders);
                held.drain(..).for_each(|one| free(&mut cache, one));
                for (address, stamp) in receiver {
                    let block = NonNull::new(core::ptr::with_exposed_provenance_mut(address))
                        .expect("blocks are not null");
                    free(&mut cache, (block, stamp));
                }
            });
        }
        drop(senders);
    });
    allocator.validate();
    let stats = allocator.stats();
    assert_eq!(stats.large_live_allocations, 0);
    assert_eq!(stats.large_live_bytes, 0);
}

#[test]
fn of_two_frees_at_once_one_is_told() {
    let config = AllocatorConfig::default();
    let allocator = Allocator::new(config).expect("address space for 1 GiB");
    let mut cache = ThreadCache::new(config);
    for _ in 0..300 {
        let block = allocator
            .allocate_with_cache(&mut cache, 17 * MIB)
            .expect("the arena has room");
        let address = block.as_ptr().expose_provenance();
        let (barrier, freed) = (Barrier::new(2), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut cache = ThreadCache::new(config);
                    let block = NonNull::new(core::ptr::with_exposed_provenance_mut(address))
                        .expect("blocks are not null");
                    barrier.wait();
                    // SAFETY: nobody uses the block any more.
                    match unsafe { allocator.deallocate_with_cache(&mut cache, block) } {
                        Ok(()) => drop(freed.fetch_add(1, Ordering::Relaxed)),
                        Err(error) => assert_eq!(error, FreeError::AlreadyFreedOrUnknownLarge),
                    }
                });
            }
        });
        assert_eq!(freed.into_inner(), 1);
        allocator.validate();
    }
}
