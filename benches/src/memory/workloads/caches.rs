//! Many threads that have worked and now wait: what do their caches hold?

use std::sync::Barrier;
use std::thread;

use super::Caches;
use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::figure::Figure;
use crate::random::{Random, Spread};

const THREADS: usize = 256;
/// A thread allocates so many blocks at a time, and frees them,
const ALIVE: usize = 100;
/// so many times.
const TIMES: usize = 100;

pub(super) fn run<A: Heap>(heap: &A, caches: Caches) -> Sample {
    let spread = Spread::new(16, 65_536);
    // All threads and this one meet when the work is done, when it was looked at, and when the caches are flushed.
    let (worked, looked, flushed) = (
        Barrier::new(THREADS + 1),
        Barrier::new(THREADS + 1),
        Barrier::new(THREADS + 1),
    );
    let figures = thread::scope(|scope| {
        for seed in 0..THREADS as u64 {
            let (spread, worked, looked, flushed) = (&spread, &worked, &looked, &flushed);
            scope.spawn(move || {
                work(heap, spread, seed);
                // A cache's count is what its owner last said.
                (caches.held)();
                worked.wait();
                looked.wait();
                (caches.flush)();
                (caches.held)();
                flushed.wait();
                // Ended threads hold nothing: the second look is at those that still wait.
                looked.wait();
            });
        }
        worked.wait();
        let held = (caches.held)();
        looked.wait();
        flushed.wait();
        let left = (caches.held)();
        looked.wait();
        [
            (Figure::Cached, held as f64),
            (Figure::Flushed, left as f64),
        ]
    });
    Sample::of(figures)
}

fn work<A: Heap>(heap: &A, spread: &Spread, seed: u64) {
    let mut random = Random::new(seed);
    let mut blocks = Vec::with_capacity(ALIVE);
    for _ in 0..TIMES {
        let size = |_| spread.pick(&mut random);
        blocks.extend(
            (0..ALIVE)
                .map(size)
                .map(|size| Block::<A, NATURAL>::touched(heap, size)),
        );
        for block in blocks.drain(..) {
            block.free(heap);
        }
    }
}
