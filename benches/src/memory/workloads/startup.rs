//! What the first allocation of a process costs.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::figure::Figure;
use crate::memory::resident::Resident;

/// Bytes of the block.
const SIZE: usize = 64;
/// A thread that the allocator started has had time to start.
const SETTLED: Duration = Duration::from_millis(20);

pub(super) fn run<A: Heap>(heap: &A) -> Sample {
    // What a look itself makes resident is resident before the first one that counts.
    Resident::now();
    let before = Resident::now().anonymous;
    let start = Instant::now();
    let mut block = Block::<A, NATURAL>::new(heap, SIZE);
    block.fill();
    let time = start.elapsed();
    sleep(SETTLED);
    let after = Resident::now().anonymous;
    block.free(heap);
    Sample::of([
        (Figure::First, time.as_secs_f64() * 1e9),
        (Figure::Overhead, after.saturating_sub(before) as f64),
    ])
}
