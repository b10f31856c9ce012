//! Many blocks that grow at random, and two threads at one block.

use core::ptr::NonNull;
use std::sync::Barrier;
use std::thread;

use super::{Block, MIB, Program, bare, headed, moves_here};
use crate::allocator::{Visit, leave_thread};
use crate::config::{Config, HugePages};
use crate::sync::Ordering;
use crate::tests::rng::Rng;
use crate::thread_cache::LocalBins;

fn random_growth(config: Config, seed: u64) {
    let program = Program::new(config);
    let mut rng = Rng::new(seed);
    let mut blocks: Vec<_> = (0..6)
        .map(|index| program.take((1 + index) * MIB))
        .collect();
    for step in 0..1_000 {
        let index = rng.below(blocks.len());
        let block = blocks[index];
        let size = match rng.below(10) {
            0 => 4_097 + rng.below(300_000),
            1..=3 => block.size + 1 + rng.below(200_000),
            _ => 4_097 + rng.below(40 * MIB),
        };
        if rng.below(9) == 0 {
            program
                .os
                .moves_allowed
                .store(rng.below(2), Ordering::Relaxed);
        }
        if let Some(resized) = program.resize(block, size) {
            blocks[index] = resized;
        } else if let Some(other) = program.try_take(size) {
            // What `realloc` does then.
            block.check(block.size);
            assert_eq!(program.free(block), Ok(()));
            blocks[index] = other;
        }
        program.engine.validate();
        program.check_huge_pages();
        if step % 100 == 0 {
            for block in &blocks {
                block.check(block.size);
            }
        }
    }
    if moves_here() {
        assert!(program.os.moved.load(Ordering::Relaxed) > 0, "some moved");
        assert_eq!(program.os.splits.load(Ordering::Relaxed), 0);
    }
    for block in blocks {
        block.check(block.size);
        assert_eq!(program.free(block), Ok(()));
        program.engine.validate();
    }
    program.engine.reclaim();
    assert_eq!(program.engine.stats().large_live, 0);
}

#[test]
fn random_growth_keeps_contents_and_invariants() {
    random_growth(bare(), 1);
    random_growth(headed(), 2);
}

#[test]
fn random_growth_keeps_advice() {
    random_growth(bare().with_huge_pages(HugePages::Large), 3);
    random_growth(headed().with_huge_pages(HugePages::Large), 4);
}

#[test]
fn of_a_move_and_a_free_at_once_one_is_told() {
    if !moves_here() {
        println!("skipped: of_a_move_and_a_free_at_once_one_is_told needs MREMAP_DONTUNMAP");
        return;
    }
    for config in [bare(), headed()] {
        let program = Program::new(config);
        let other = Program {
            bins: Box::leak(Box::new(LocalBins::new())),
            ..program
        };
        let limits = (0..2).map(|class| other.engine.limits(class));
        // SAFETY: the bins are ours alone, one a class, and live for ever.
        unsafe { Visit::bind(other.engine, other.bins.locals(), leave_thread, limits) };
        let (one, two) = (Shared(program), Shared(other));
        for round in 0..300 {
            let block = one.0.take(2 * MIB);
            let pin = (round % 2 == 0).then(|| one.0.take(MIB));
            let address = block.start.as_ptr().expose_provenance();
            let barrier = Barrier::new(2);
            let (one, two) = (&one, &two);
            let (moved, freed) = thread::scope(|scope| {
                let mover = scope.spawn(|| {
                    barrier.wait();
                    let address = NonNull::new(core::ptr::with_exposed_provenance_mut(address));
                    let start = address.expect("blocks are not null");
                    let moved = one.visit().resize(start, 2 * MIB, 4 * MIB);
                    moved.map(|start| start.map(|start| start.as_ptr().expose_provenance()))
                });
                barrier.wait();
                let start = NonNull::new(core::ptr::with_exposed_provenance_mut(address))
                    .expect("blocks are not null");
                // SAFETY: nobody uses what is in the block.
                let freed = unsafe { two.visit().free_checked(start, None) };
                (mover.join().expect("it does not panic"), freed)
            });
            one.0.engine.validate();
            let live = one.0.engine.stats().large_live - usize::from(pin.is_some());
            // Moved away, resized where it is, or to be copied: then it was live, and the free is to come.
            if live == 1 {
                let moved = moved.expect("it was live");
                let start = NonNull::new(core::ptr::with_exposed_provenance_mut(
                    moved.unwrap_or(address),
                ));
                let block = Block {
                    start: start.expect("blocks are not null"),
                    size: moved.map_or(2, |_| 4) * MIB,
                    seed: 0,
                };
                assert!(freed.is_err());
                assert_eq!(one.0.free(block), Ok(()));
            } else {
                assert_eq!((live, freed), (0, Ok(())));
            }
            if let Some(pin) = pin {
                assert_eq!(one.0.free(pin), Ok(()));
            }
        }
    }
}

/// Each of two threads enters with bins of its own.
struct Shared(Program);
// SAFETY: one thread at a time uses a program's bins; all else is `Sync`.
unsafe impl Sync for Shared {}

impl Shared {
    fn visit(&self) -> Visit<'static> {
        self.0.visit()
    }
}
