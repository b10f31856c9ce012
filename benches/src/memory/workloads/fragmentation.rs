//! A live set of very different sizes in which one block after the other is replaced.

use std::time::Instant;

use super::Effort;
use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::figure::Figure;
use crate::memory::resident::Peak;
use crate::random::{Random, Spread};

/// Bytes that live, about.
const LIVE: usize = 200 << 20;

pub(super) fn run<A: Heap>(heap: &A, effort: Effort) -> Sample {
    let replacements = if effort.quick { 1_000_000 } else { 10_000_000 };
    let spread = Spread::new(16, 65_536);
    let mut random = Random::new(1);
    let mut slots: Vec<Option<Block<A, NATURAL>>> = Vec::new();
    slots.resize_with(LIVE / spread.mean(), || None);
    let peak = Peak::start();

    let allocate = |random: &mut Random| {
        let mut block = Block::new(heap, spread.pick(random));
        block.fill();
        block
    };
    let mut live = 0;
    for slot in &mut slots {
        let block = allocate(&mut random);
        live += block.size();
        *slot = Some(block);
    }

    let mut most = live;
    let start = Instant::now();
    for _ in 0..replacements {
        let index = random.below(slots.len());
        let Some(slot) = slots.get_mut(index) else {
            unreachable!("the index is below the length");
        };
        if let Some(old) = slot.take() {
            live -= old.size();
            old.free(heap);
        }
        let block = allocate(&mut random);
        live += block.size();
        most = most.max(live);
        *slot = Some(block);
    }
    let time = start.elapsed().as_secs_f64() * 1e9 / f64::from(replacements);

    let peak = peak.bytes();
    Sample::of([
        (Figure::Time, time),
        (Figure::Peak, peak),
        (Figure::PeakByLive, peak / most as f64),
    ])
}
