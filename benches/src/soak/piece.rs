//! A block that knows what it holds, so that whoever has it can tell whether it still does.
//!
//! Owns the soak's only calls of `GlobalAlloc`. The pattern of a piece is its tag's byte: in all of it up to a bound,
//! beyond that in its ends and once a page.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;

/// Bytes at either end of a piece that are written, and read, in full.
const END: usize = 4 << 10;
/// Between the ends, one byte in so many.
const STRIDE: usize = 4096;

/// An allocator that the soak runs on.
pub(super) type Heap = &'static (dyn GlobalAlloc + Sync);

/// A live block of one allocator.
///
/// Invariant: `start` came from `heap` with `layout`, whose size is not zero, and nobody else has it; the bytes that
/// [`places`] names hold `byte`.
pub(super) struct Piece {
    heap: Heap,
    start: NonNull<u8>,
    layout: Layout,
    byte: u8,
}

// SAFETY: the block is owned, and a global allocator's blocks may be used and freed on any thread.
unsafe impl Send for Piece {}

impl Piece {
    /// A block of `size` bytes, which must not be zero, aligned to `align`; `None` if the allocator has none.
    pub(super) fn new(heap: Heap, size: usize, align: usize, byte: u8) -> Option<Self> {
        let layout = Layout::from_size_align(size, align).expect("the soak's sizes are layouts");
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { heap.alloc(layout) })?;
        Some(Self::filled(heap, start, layout, byte))
    }

    /// The same, if it is zero as it was asked to be.
    ///
    /// # Panics
    ///
    /// If it is not.
    pub(super) fn zeroed(heap: Heap, size: usize, align: usize, byte: u8) -> Option<Self> {
        let layout = Layout::from_size_align(size, align).expect("the soak's sizes are layouts");
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { heap.alloc_zeroed(layout) })?;
        for place in places(size) {
            // SAFETY: the place is in the block, which is zeroed, hence initialised.
            let found = unsafe { start.add(place).read() };
            assert_eq!(found, 0, "byte {place} of a zeroed block of {size}");
        }
        Some(Self::filled(heap, start, layout, byte))
    }

    fn filled(heap: Heap, start: NonNull<u8>, layout: Layout, byte: u8) -> Self {
        assert!(
            start.addr().get().is_multiple_of(layout.align()),
            "{start:?} is not aligned for {layout:?}"
        );
        let mut piece = Self {
            heap,
            start,
            layout,
            byte,
        };
        piece.fill();
        piece
    }

    fn fill(&mut self) {
        for place in places(self.size()) {
            // SAFETY: the place is in the block, which is ours.
            unsafe { self.start.add(place).write(self.byte) };
        }
    }

    /// Bytes in the block.
    pub(super) fn size(&self) -> usize {
        self.layout.size()
    }

    /// Makes the block one of `size` bytes, which must not be zero. It stays as it is if the allocator refuses.
    ///
    /// # Panics
    ///
    /// If it does not hold what it held.
    pub(super) fn resize(&mut self, size: usize) -> bool {
        self.check();
        // SAFETY: the block is live with this layout, and the new size is not zero and no soak's is too large.
        let moved = unsafe { self.heap.realloc(self.start.as_ptr(), self.layout, size) };
        let Some(moved) = NonNull::new(moved) else {
            self.check();
            return false;
        };
        let before = self.size();
        let layout = Layout::from_size_align(size, self.layout.align());
        (self.start, self.layout) = (moved, layout.expect("the soak's sizes are layouts"));
        for place in places(before).take_while(|&place| place < size) {
            self.check_at(place);
        }
        self.fill();
        true
    }

    /// # Panics
    ///
    /// If it does not hold what was written.
    pub(super) fn check(&self) {
        for place in places(self.size()) {
            self.check_at(place);
        }
    }

    fn check_at(&self, place: usize) {
        // SAFETY: by the invariant the place is in the block, and was written.
        let found = unsafe { self.start.add(place).read() };
        assert!(
            found == self.byte,
            "byte {place} of {} at {:?} is {found}, not {}",
            self.size(),
            self.start,
            self.byte
        );
    }
}

/// Checked once more, and freed.
impl Drop for Piece {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check();
        }
        // SAFETY: by the invariant the block is live with this layout, and this is its only free.
        unsafe { self.heap.dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// Where a block of `size` bytes is written: ascending, the last byte always among them.
fn places(size: usize) -> impl Iterator<Item = usize> {
    let head = size.min(END);
    let tail = size.saturating_sub(END).max(head);
    (0..head)
        .chain((head..tail).step_by(STRIDE))
        .chain(tail..size)
}

#[cfg(test)]
mod tests {
    use std::alloc::System;

    use super::{Piece, places};

    #[test]
    fn every_byte_of_a_small_block_is_written_and_both_ends_of_a_large_one() {
        assert!(places(70).eq(0..70));
        let large: Vec<usize> = places(1 << 20).collect();
        assert!(large.is_sorted());
        assert_eq!(
            (large.first(), large.last()),
            (Some(&0), Some(&((1 << 20) - 1)))
        );
        assert!(large.windows(2).all(|pair| pair[1] - pair[0] <= 4096));
    }

    #[test]
    fn a_piece_is_resized_with_what_it_holds() {
        let mut piece = Piece::zeroed(&System, 100, 8, 7).expect("there is memory");
        for size in [1, 5_000, 300_000, 64] {
            assert!(piece.resize(size));
            piece.check();
        }
    }

    #[test]
    #[should_panic(expected = "not 7")]
    fn what_was_overwritten_is_told() {
        let piece = Piece::new(&System, 100, 8, 7).expect("there is memory");
        // SAFETY: the byte is in the block.
        let byte = unsafe { piece.start.add(99) };
        // SAFETY: as above, and nobody else has it.
        unsafe { byte.write(8) };
        piece.check();
    }
}
