//! Batches: so many blocks of random sizes, then all freed.

use super::Runner;
use crate::block::{Block, Heap};
use crate::random::{Random, Sizes};

/// In which order a batch is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Last in, first out.
    LastFirst,
    /// First in, first out.
    FirstFirst,
}

pub(super) fn prepare<A: Heap, const ALIGN: usize>(
    heap: &'static A,
    count: usize,
    order: Order,
) -> Runner {
    let mut random = Random::new(1);
    let spread = Sizes::spread();
    // Drawn once: the batch is what is measured, not the drawing.
    let sizes: Vec<usize> = (0..count).map(|_| spread.pick(&mut random)).collect();
    let mut blocks = Vec::with_capacity(count);
    Runner::single(count as u64, move |steps| {
        for _ in 0..steps {
            batch::<A, ALIGN>(heap, &sizes, &mut blocks, order);
        }
    })
}

#[inline(never)]
fn batch<A: Heap, const ALIGN: usize>(
    heap: &A,
    sizes: &[usize],
    blocks: &mut Vec<Block<A, ALIGN>>,
    order: Order,
) {
    blocks.extend(sizes.iter().map(|&size| Block::touched(heap, size)));
    match order {
        Order::LastFirst => blocks.drain(..).rev().for_each(|block| block.free(heap)),
        Order::FirstFirst => blocks.drain(..).for_each(|block| block.free(heap)),
    }
}
