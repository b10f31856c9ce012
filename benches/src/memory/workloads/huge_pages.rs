//! Reads all over a block that is larger than what the processor knows the addresses of.

use std::hint::black_box;

use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::clock::fastest;
use crate::memory::figure::Figure;
use crate::memory::resident::Resident;

const SIZE: usize = 256 << 20;
/// Words from one read to the next in memory: a cache line.
const LINE: usize = 64 / size_of::<usize>();
const LINES: usize = SIZE / 64;
const READS: u32 = 1_000_000;
const PASSES: u32 = 5;

pub(super) fn run<A: Heap>(heap: &A) -> Sample {
    let base = Resident::now();
    let mut block = Block::<A, NATURAL>::touched(heap, SIZE);
    let words = block.words(|index| next(index / LINE) * LINE);
    let huge = Resident::now().huge.saturating_sub(base.huge);
    let mut at = 0;
    let time = fastest(PASSES, READS, || {
        at = words.get(at).copied().unwrap_or_default();
    });
    black_box(at);
    block.free(heap);
    Sample::of([
        (Figure::Time, time),
        (Figure::Huge, huge as f64 / SIZE as f64),
    ])
}

/// The line that is read after `line`. All lines are one circle: the factor is one more than a multiple of four, the
/// summand odd, and the number of lines a power of two (Hull and Dobell).
fn next(line: usize) -> usize {
    const { assert!(LINES.is_power_of_two()) };
    (line.wrapping_mul(0x5851_F42D) + 0x0014_057B) % LINES
}

#[cfg(test)]
mod tests {
    use super::{LINES, next};

    #[test]
    fn all_lines_are_one_circle() {
        let (mut line, mut length) = (next(0), 1);
        while line != 0 && length <= LINES {
            line = next(line);
            length += 1;
        }
        assert_eq!(length, LINES);
    }
}
