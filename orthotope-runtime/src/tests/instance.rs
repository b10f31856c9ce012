//! Instances against a model: random operations, contents checked, every layer validated.

use core::ptr::NonNull;

use super::double::Double;
use super::rng::Rng;
use crate::allocator::{Allocator, ThreadCache};
use crate::class::SizeClass;
use crate::config::AllocatorConfig;
use crate::error::{AllocError, FreeError};
use crate::sync::Ordering;

struct Block {
    payload: NonNull<u8>,
    size: usize,
    byte: u8,
}

impl Block {
    fn check(&self) {
        for offset in [0, self.size / 2, self.size - 1] {
            // SAFETY: the block is live and `size` bytes long.
            let found = unsafe { self.payload.add(offset).read() };
            assert_eq!(found, self.byte, "contents are the holder's alone");
        }
    }
}

fn run(config: AllocatorConfig, most: usize, steps: usize, seed: u64) {
    let os = Double::leaked();
    let allocator = Allocator::on(os, config).expect("the double refuses nothing");
    let mut caches: Vec<ThreadCache> = (0..3).map(|_| ThreadCache::new(config)).collect();
    let mut rng = Rng::new(seed);
    let mut live: Vec<Block> = Vec::new();
    for step in 0..steps {
        let cache = rng.below(caches.len());
        match rng.below(100) {
            0 => allocator.drain_thread_cache(&mut caches[cache]),
            1 => caches[cache] = ThreadCache::new(config),
            2..=55 => {
                let size = rng.size(most);
                match allocator.allocate_with_cache(&mut caches[cache], size) {
                    Ok(payload) => {
                        assert!(payload.as_ptr().addr().is_multiple_of(config.alignment));
                        let byte = step as u8;
                        // SAFETY: the block is new and `size` bytes long.
                        unsafe { payload.write_bytes(byte, size) };
                        live.push(Block {
                            payload,
                            size,
                            byte,
                        });
                    }
                    Err(AllocError::OutOfMemory { requested, .. }) => assert_eq!(requested, size),
                    Err(error) => panic!("{error}"),
                }
            }
            _ if live.is_empty() => {}
            kind => {
                let block = live.swap_remove(rng.below(live.len()));
                block.check();
                let cache = &mut caches[cache];
                if kind < 60 {
                    // SAFETY: a refused free changes nothing.
                    let refused = unsafe {
                        allocator.deallocate_with_size_checked(cache, block.payload, block.size + 1)
                    };
                    assert_eq!(
                        refused,
                        Err(FreeError::SizeMismatch {
                            provided: block.size + 1,
                            recorded: block.size
                        })
                    );
                }
                let freed = if kind < 80 {
                    // SAFETY: the block is live and given up.
                    unsafe { allocator.deallocate_with_cache(cache, block.payload) }
                } else {
                    // SAFETY: the block is live and given up.
                    unsafe {
                        allocator.deallocate_with_size_checked(cache, block.payload, block.size)
                    }
                };
                assert_eq!(freed, Ok(()));
                // SAFETY: nobody uses the block; the second free is refused.
                let again = unsafe { allocator.deallocate_with_cache(cache, block.payload) };
                assert!(
                    matches!(
                        again,
                        Err(FreeError::DoubleFree
                            | FreeError::AlreadyFreedOrUnknownLarge
                            | FreeError::ForeignPointer)
                    ),
                    "{again:?}"
                );
            }
        }
        if step % 16 == 0 {
            allocator.validate();
            caches.iter().for_each(ThreadCache::validate);
        }
    }
    live.iter().for_each(Block::check);
    drop(allocator);
    assert!(
        os.mapped.load(Ordering::Relaxed) > 0,
        "bound caches keep the arena"
    );
    live.iter().for_each(Block::check);
    drop(caches);
    os.wait_until_unmapped("after the last cache");
}

fn small_targets(arena_size: usize) -> AllocatorConfig {
    AllocatorConfig {
        arena_size,
        alignment: 64,
        refill_target_bytes: 1_024,
        local_cache_target_bytes: 2_048,
    }
}

#[test]
fn a_roomy_arena_serves_everything() {
    run(AllocatorConfig::default(), 100_000, 20_000, 1);
}

#[test]
fn a_tight_arena_refuses_without_losing_anything() {
    run(small_targets(1 << 20), 20_000, 20_000, 2);
}

#[test]
fn large_blocks_share_the_arena_with_small_ones() {
    run(small_targets(256 << 20), 64 << 20, 1_500, 3);
}

#[test]
fn wide_alignments_work() {
    for alignment in [128, 4_096, 64 << 10, 1 << 20] {
        run(
            AllocatorConfig {
                alignment,
                ..small_targets(512 << 20)
            },
            5_000,
            2_000,
            4,
        );
    }
}

#[test]
fn absurd_targets_are_bounded_by_the_arena() {
    let config = AllocatorConfig {
        arena_size: 1 << 20,
        alignment: 64,
        refill_target_bytes: usize::MAX,
        local_cache_target_bytes: usize::MAX,
    };
    run(config, 4_096, 5_000, 5);
}

#[test]
fn the_budget_is_exact_at_every_alignment() {
    for (alignment, arena_size, size) in [
        (64, 64 << 20, 6_000),
        (64, 256 << 20, 200_000),
        (4_096, 256 << 20, 4_096),
        (16 << 10, 256 << 20, 64),
        (64 << 10, 64 << 20, 64),
        (1 << 20, 256 << 20, 64),
        (1 << 20, 256 << 20, 1 << 20),
        (16 << 20, 4 << 30, (32 << 20) - 64),
    ] {
        let config = AllocatorConfig {
            arena_size,
            alignment,
            ..AllocatorConfig::default()
        };
        let allocator =
            Allocator::on(Double::leaked(), config).expect("the double refuses nothing");
        let mut cache = ThreadCache::new(config);
        let block = SizeClass::from_request(size)
            .map_or((size + 64).next_multiple_of(alignment), |class| {
                config.class_block_size(class)
            });
        let mut served = 0;
        while allocator.allocate_with_cache(&mut cache, size).is_ok() {
            served += 1;
        }
        assert_eq!(
            served,
            arena_size / block,
            "alignment {alignment}, size {size}"
        );
    }
}

#[test]
fn a_tail_whose_head_is_gone_stays_apart() {
    const MIB: usize = 1 << 20;
    let config = AllocatorConfig {
        arena_size: 100 * MIB,
        ..AllocatorConfig::default()
    };
    let allocator = Allocator::on(Double::leaked(), config).expect("the double refuses nothing");
    let mut cache = ThreadCache::new(config);
    let mut take = |size| allocator.allocate_with_cache(&mut cache, size);
    let whole = take(64 * MIB).expect("there is room");
    let mut other = ThreadCache::new(config);
    let mut give = |block| {
        // SAFETY: every block is live and given up once.
        let freed = unsafe { allocator.deallocate_with_cache(&mut other, block) };
        assert_eq!(freed, Ok(()));
    };
    give(whole);
    let head = take(20 * MIB).expect("the pool has it");
    let tail = take(30 * MIB).expect("the pool has the rest");
    give(head);
    assert!(
        take(500 * MIB).is_err(),
        "which puts together all that is free"
    );
    let another = take(20 * MIB).expect("where the head was");
    give(another);
    give(tail);
    assert_eq!(
        allocator.stats().large_free_blocks,
        2,
        "they were never one block"
    );
    allocator.validate();
}
