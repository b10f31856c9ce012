//! Threads that come and go, and leave blocks behind.

use std::thread;

use super::Runner;
use crate::block::{Block, Heap};
use crate::random::{Random, Sizes};

/// Blocks that each thread allocates.
const BLOCKS: usize = 1_000;

pub(super) fn prepare<A: Heap, const ALIGN: usize>(heap: &'static A) -> Runner {
    let mut random = Random::new(1);
    let spread = Sizes::spread();
    let sizes: &'static [usize] = (0..BLOCKS)
        .map(|_| spread.pick(&mut random))
        .collect::<Vec<_>>()
        .leak();
    Runner::single(1, move |steps| {
        for _ in 0..steps {
            let left = thread::spawn(move || live::<A, ALIGN>(heap, sizes))
                .join()
                .expect("the thread does not panic");
            for block in left {
                block.free(heap);
            }
        }
    })
}

/// Allocates all blocks and frees every second one.
fn live<A: Heap, const ALIGN: usize>(heap: &A, sizes: &[usize]) -> Vec<Block<A, ALIGN>> {
    let blocks: Vec<_> = sizes
        .iter()
        .map(|&size| Block::touched(heap, size))
        .collect();
    let mut left = Vec::with_capacity(blocks.len() / 2);
    for (index, block) in blocks.into_iter().enumerate() {
        if index % 2 == 0 {
            block.free(heap);
        } else {
            left.push(block);
        }
    }
    left
}
