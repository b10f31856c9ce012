//! One block at a time, of any size: growing, zeroed, written.

use std::hint::black_box;

use crate::block::{Block, Heap};

/// A vector's memory that doubles from 64 bytes until it has `to`; every new page is written.
#[inline(never)]
pub(super) fn growth<A: Heap, const ALIGN: usize>(heap: &A, to: usize, steps: u64) {
    for _ in 0..steps {
        let mut block = Block::<A, ALIGN>::touched(heap, black_box(64));
        while block.size() < to {
            let old = block.size();
            block = block.grow(heap, old * 2);
            block.touch(old);
        }
        block.free(heap);
    }
}

/// `vec![0; size]`.
#[inline(never)]
pub(super) fn zeroed<A: Heap, const ALIGN: usize>(heap: &A, size: usize, steps: u64) {
    for _ in 0..steps {
        let mut block = Block::<A, ALIGN>::zeroed(heap, black_box(size));
        block.touch(0);
        block.free(heap);
    }
}

/// One block, written once per page.
#[inline(never)]
pub(super) fn touched<A: Heap, const ALIGN: usize>(heap: &A, size: usize, steps: u64) {
    for _ in 0..steps {
        Block::<A, ALIGN>::touched(heap, black_box(size)).free(heap);
    }
}
