//! Threads that come, allocate once, and go.

use std::thread;
use std::time::Instant;

use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::figure::Figure;
use crate::memory::resident::Resident;

/// After so many threads everything that is made once is made.
const FIRST: u32 = 100;
const ALL: u32 = 10_000;
/// Bytes of a thread's block.
const SIZE: usize = 256;

pub(super) fn run<A: Heap>(heap: &'static A) -> Sample {
    let short_threads = |count| {
        for _ in 0..count {
            let thread = thread::spawn(|| Block::<A, NATURAL>::touched(heap, SIZE).free(heap));
            thread.join().expect("the thread does not panic");
        }
    };
    short_threads(FIRST);
    let before = Resident::now().anonymous;
    let start = Instant::now();
    short_threads(ALL - FIRST);
    let time = start.elapsed();
    let after = Resident::now().anonymous;
    Sample::of([
        (
            Figure::Time,
            time.as_secs_f64() * 1e9 / f64::from(ALL - FIRST),
        ),
        (Figure::Growth, after as f64 - before as f64),
    ])
}
