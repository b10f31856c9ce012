//! One large block at a time, allocated and freed in a loop.

use std::hint::black_box;

use super::Effort;
use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::clock::fastest;
use crate::memory::figure::Figure;
use crate::memory::resident::Peak;

/// Bytes that a pass of `sweep` and `zeroed_dense` asks for.
const PASS: usize = 256 << 20;
const QUICK_PASS: usize = 128 << 20;

/// Zeroed, and the first, the middle and the last page are written.
pub(super) fn zeroed<A: Heap>(heap: &A, size: usize, effort: Effort) -> Sample {
    let passes = if effort.quick { 3 } else { 10 };
    timed(passes, 20, || {
        let mut block = Block::<A, NATURAL>::zeroed(heap, black_box(size));
        for offset in [0, size / 2, size - 1] {
            block.write(offset, &[1]);
        }
        block.free(heap);
    })
}

/// Zeroed, and every page is written.
pub(super) fn zeroed_dense<A: Heap>(heap: &A, size: usize, effort: Effort) -> Sample {
    passes_of(size, effort, || {
        let mut block = Block::<A, NATURAL>::zeroed(heap, black_box(size));
        block.touch(0);
        block.free(heap);
    })
}

/// Every page is written.
pub(super) fn sweep<A: Heap>(heap: &A, size: usize, effort: Effort) -> Sample {
    passes_of(size, effort, || {
        Block::<A, NATURAL>::touched(heap, black_box(size)).free(heap);
    })
}

fn passes_of(size: usize, effort: Effort, operation: impl FnMut()) -> Sample {
    let (passes, bytes) = if effort.quick {
        (5, QUICK_PASS)
    } else {
        (10, PASS)
    };
    timed(passes, (bytes / size) as u32, operation)
}

fn timed(passes: u32, operations: u32, operation: impl FnMut()) -> Sample {
    let peak = Peak::start();
    let time = fastest(passes, operations, operation);
    Sample::of([(Figure::Time, time), (Figure::Peak, peak.bytes())])
}
