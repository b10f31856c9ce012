//! Live sets in which one block after the other is replaced by a new one, at random.

use super::Runner;
use crate::block::{Block, Heap};
use crate::random::{Random, Sizes};

/// Replacements in one step.
const STEP: u64 = 100;

/// So many blocks that live. They are freed when the set is dropped.
pub(super) struct LiveSet<A: Heap, const ALIGN: usize> {
    heap: &'static A,
    sizes: Sizes,
    random: Random,
    blocks: Vec<Option<Block<A, ALIGN>>>,
}

impl<A: Heap, const ALIGN: usize> LiveSet<A, ALIGN> {
    /// Allocates `count` blocks.
    pub(super) fn new(heap: &'static A, count: usize, sizes: Sizes, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let fill = |_| Some(Block::touched(heap, sizes.pick(&mut random)));
        let blocks = (0..count).map(fill).collect();
        Self {
            heap,
            sizes,
            random,
            blocks,
        }
    }

    /// Replaces `count` blocks.
    #[inline(never)]
    pub(super) fn replace(&mut self, count: u64) {
        // Kept out of memory that the blocks' addresses might alias.
        let mut random = self.random.clone();
        let heap = self.heap;
        for _ in 0..count {
            let index = random.below(self.blocks.len());
            let size = self.sizes.pick(&mut random);
            let Some(slot) = self.blocks.get_mut(index) else {
                unreachable!("the index is below the length");
            };
            if let Some(old) = slot.take() {
                old.free(heap);
            }
            *slot = Some(Block::touched(heap, size));
        }
        self.random = random;
    }
}

impl<A: Heap, const ALIGN: usize> Drop for LiveSet<A, ALIGN> {
    fn drop(&mut self) {
        for block in self.blocks.drain(..).flatten() {
            block.free(self.heap);
        }
    }
}

pub(super) fn prepare<A: Heap, const ALIGN: usize>(
    heap: &'static A,
    live: usize,
    size: Option<u16>,
) -> Runner {
    let sizes = size.map_or_else(Sizes::spread, Sizes::only);
    let mut set = LiveSet::<A, ALIGN>::new(heap, live, sizes, 1);
    Runner::single(STEP, move |steps| set.replace(steps * STEP))
}
