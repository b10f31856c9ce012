//! Instances against a model: random operations, contents checked, every layer validated.

use core::ptr::NonNull;

use super::double::Double;
use super::rng::Rng;
use crate::allocator::{Allocator, ThreadCache};
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
    assert_eq!(
        os.mapped.load(Ordering::Relaxed),
        0,
        "the last holder unmaps everything"
    );
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
