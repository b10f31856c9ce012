//! One block that grows to a gigabyte.

use std::time::Instant;

use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::figure::Figure;
use crate::memory::resident::Peak;

const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;
/// The next one is so much larger, so that none takes the place of another.
const PIN_STEP: usize = 64 << 10;
/// What is appended to a vector at a time.
const PIECE: usize = 4096;

pub(super) fn realloc<A: Heap>(heap: &A, pinned: bool) -> Sample {
    let mut pins = Vec::with_capacity(16);
    let peak = Peak::start();
    let start = Instant::now();
    let mut block = Block::<A, NATURAL>::touched(heap, MIB);
    while block.size() < GIB {
        let old = block.size();
        block = block.grow(heap, old * 2);
        block.touch(old);
        if pinned {
            let size = MIB + (1 + pins.len()) * PIN_STEP;
            pins.push(Block::<A, NATURAL>::touched(heap, size));
        }
    }
    grown(start, peak)
}

/// As `Vec<u8>` grows, which cannot be put on an allocator other than the program's: to what is needed, and then by
/// doubling.
pub(super) fn vec_push<A: Heap>(heap: &A) -> Sample {
    let piece = [1; PIECE];
    let peak = Peak::start();
    let start = Instant::now();
    let mut bytes = Block::<A, 1>::new(heap, PIECE);
    let mut length = 0;
    while length < GIB {
        if bytes.size() - length < PIECE {
            let double = bytes.size() * 2;
            bytes = bytes.grow(heap, double);
        }
        bytes.write(length, &piece);
        length += PIECE;
    }
    grown(start, peak)
}

fn grown(start: Instant, peak: Peak) -> Sample {
    let time = start.elapsed().as_secs_f64() * 1e9;
    Sample::of([(Figure::Time, time), (Figure::Peak, peak.bytes())])
}
