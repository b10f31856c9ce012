//! The model: where live blocks are, and what they hold.

use core::alloc::Layout;
use core::ptr::NonNull;
use std::collections::BTreeMap;

/// A live block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) start: NonNull<u8>,
    pub(super) layout: Layout,
    seed: usize,
}

// SAFETY: whoever has the block may use it, on any thread.
unsafe impl Send for Block {}

/// Bytes of a block that are written and looked at: all of a small one, one in so many of a large one.
const WHOLE: usize = 4_096;
const SPARSE: usize = 2_048;

fn offsets(size: usize) -> impl Iterator<Item = usize> {
    let step = if size <= WHOLE { 1 } else { SPARSE };
    (0..size).step_by(step).chain([size - 1])
}

/// Never zero, so that memory that is not cleared shows.
fn stamp(seed: usize, offset: usize) -> u8 {
    (seed.wrapping_mul(31) ^ offset ^ (offset >> 11)) as u8 | 1
}

impl Block {
    /// A new block, written.
    ///
    /// # Safety
    ///
    /// The block is the caller's, and as long as its layout.
    pub(super) unsafe fn write(start: NonNull<u8>, layout: Layout, seed: usize) -> Self {
        for offset in offsets(layout.size()) {
            // SAFETY: the offset lies in the block.
            unsafe { start.add(offset).write(stamp(seed, offset)) };
        }
        Self {
            start,
            layout,
            seed,
        }
    }

    /// Panics unless the block's first `size` bytes, now at `start`, are what was written.
    ///
    /// # Safety
    ///
    /// The block at `start` is live, the caller's, and at least so long.
    pub(super) unsafe fn check(&self, start: NonNull<u8>, size: usize) {
        for offset in offsets(self.layout.size()).filter(|&offset| offset < size) {
            // SAFETY: the offset lies in the block.
            let found = unsafe { start.add(offset).read() };
            assert_eq!(
                found,
                stamp(self.seed, offset),
                "byte {offset} of {self:?} is its holder's alone"
            );
        }
    }

    pub(super) fn address(&self) -> usize {
        self.start.as_ptr().addr()
    }
}

/// Panics unless every byte is zero that [`Block::write`] may have written, whatever the block was.
///
/// # Safety
///
/// The block is the caller's, and has `size` bytes.
pub(super) unsafe fn check_zero(start: NonNull<u8>, size: usize) {
    let step = if size <= 1 << 16 { 1 } else { 64 };
    for offset in (0..size).step_by(step).chain([size - 1]) {
        // SAFETY: the offset lies in the block.
        let found = unsafe { start.add(offset).read() };
        assert_eq!(found, 0, "byte {offset} of {size} that are to be zero");
    }
}

/// Live blocks by address, each with the end of what its holder may use.
#[derive(Default)]
pub(super) struct Map {
    blocks: BTreeMap<usize, usize>,
    /// Bytes of all.
    pub(super) bytes: usize,
}

impl Map {
    /// Adds a block of `size` bytes, of which `usable` may be used, behind `header` bytes of its own.
    pub(super) fn insert(&mut self, block: &Block, usable: usize, header: usize) {
        let (address, size) = (block.address(), block.layout.size());
        assert!(address.is_multiple_of(block.layout.align()), "{block:?}");
        assert!(usable >= size, "{usable} of {block:?} may be used");
        let end = address + usable;
        if let Some((&before, &before_end)) = self.blocks.range(..=address).next_back() {
            assert!(
                before_end + header <= address,
                "{block:?} overlaps the block at {before:#x}"
            );
        }
        if let Some((&after, _)) = self.blocks.range(address..).next() {
            assert!(
                end + header <= after,
                "{block:?} overlaps the block at {after:#x}"
            );
        }
        self.blocks.insert(address, end);
        self.bytes += size;
    }

    /// Takes a block out.
    pub(super) fn remove(&mut self, block: &Block) {
        let known = self.blocks.remove(&block.address());
        assert!(known.is_some(), "{block:?} is live");
        self.bytes -= block.layout.size();
    }
}
