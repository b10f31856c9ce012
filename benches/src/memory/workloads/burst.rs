//! A service with bursts: batches of embeddings of varying length, then nothing for a while.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Effort;
use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::figure::Figure;
use crate::memory::resident::{Peak, Resident};
use crate::random::Random;

const BATCHES: usize = 64;
/// Batches that live at a time.
const ALIVE: usize = 8;
const MOST_ROWS: usize = 512;
/// Numbers in a row, from and to.
const ROW: (usize, usize) = (384, 4096);
/// Bytes of a row's header in a `Vec<Vec<f32>>`.
const HEADER: usize = size_of::<Vec<f32>>();

/// What comes between two bursts: three times what `purge-100ms` waits.
const IDLE: Duration = Duration::from_millis(300);

/// A `Vec<Vec<f32>>`.
struct Batch<A> {
    headers: Option<Block<A, NATURAL>>,
    /// Has room for the most rows.
    rows: Vec<Block<A, NATURAL>>,
}

impl<A: Heap> Batch<A> {
    fn empty() -> Self {
        Self {
            headers: None,
            rows: Vec::with_capacity(MOST_ROWS),
        }
    }

    fn fill(&mut self, heap: &A, random: &mut Random) {
        let count = 1 + random.below(MOST_ROWS);
        let length = ROW.0 + random.below(ROW.1 - ROW.0 + 1);
        let filled = |size| {
            let mut block = Block::new(heap, size);
            block.fill();
            block
        };
        self.headers = Some(filled(count * HEADER));
        self.rows
            .extend((0..count).map(|_| filled(length * size_of::<f32>())));
    }

    fn free(&mut self, heap: &A) {
        for row in self.rows.drain(..) {
            row.free(heap);
        }
        if let Some(headers) = self.headers.take() {
            headers.free(heap);
        }
    }
}

pub(super) fn run<A: Heap>(heap: &A, effort: Effort) -> Sample {
    let bursts = if effort.quick { 8 } else { 50 };
    let mut random = Random::new(1);
    let mut batches: Vec<Batch<A>> = (0..ALIVE).map(|_| Batch::empty()).collect();
    let mut after = Vec::with_capacity(bursts);
    let mut busy = Duration::ZERO;
    let peak = Peak::start();

    for _ in 0..bursts {
        let start = Instant::now();
        burst(heap, &mut batches, &mut random);
        busy += start.elapsed();
        sleep(IDLE);
        after.push(Resident::now().anonymous as f64);
    }

    let first = after.first().copied().unwrap_or_default();
    let worst = after.iter().copied().max_by(f64::total_cmp);
    Sample::of([
        (
            Figure::Time,
            busy.as_secs_f64() * 1e9 / (bursts * BATCHES) as f64,
        ),
        (Figure::Peak, peak.bytes()),
        (Figure::AfterFirst, first),
        (Figure::Worst, worst.unwrap_or_default() / first),
    ])
}

fn burst<A: Heap>(heap: &A, batches: &mut [Batch<A>], random: &mut Random) {
    for _ in 0..BATCHES / ALIVE {
        for batch in &mut *batches {
            batch.free(heap);
            batch.fill(heap, random);
        }
    }
    for batch in batches {
        batch.free(heap);
    }
}
