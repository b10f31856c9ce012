//! A block of memory as an owned value, so that workloads need no `unsafe`.
//!
//! Owns the only calls of `GlobalAlloc` in what is measured: every allocator is reached through that trait, with
//! the same layouts. The alignment is a constant, as it is in Rust programs; the size is a value that the
//! optimiser must not know.
//!
//! Invariant, "sizes are legal": a size is at least 1 and far from `isize::MAX`. Sizes are the workloads' own, constants or
//! drawn from tables of them, and only this crate makes blocks. A check would be measured with the allocator:
//! debug builds alone have one.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Alignment that Rust code asks for.
pub(crate) const NATURAL: usize = 8;
/// Alignment of the spec workloads.
pub(crate) const CACHE_LINE: usize = 64;

/// Every block is written to once per this many bytes.
const PAGE: usize = 4096;

/// An allocator of which every value stands for the same heap.
///
/// # Safety
///
/// A block from one value may be freed or grown through any other value of the type, on any thread.
pub unsafe trait Heap: GlobalAlloc + Sync + 'static {}

// SAFETY: the process has one C heap.
unsafe impl Heap for std::alloc::System {}
// SAFETY: generated types are zero-sized; the heap is in a static of the type.
unsafe impl Heap for orthotope::OrthotopeGlobalAlloc {}
// SAFETY: a recorder passes every request on to what it wraps.
unsafe impl<A: Heap> Heap for orthotope::Recorder<A> {}
#[cfg(feature = "rivals")]
mod rivals {
    use super::Heap;

    // SAFETY: zero-sized; the heap is the C library's own static.
    unsafe impl Heap for mimalloc::MiMalloc {}
    // SAFETY: as above.
    unsafe impl Heap for tikv_jemallocator::Jemalloc {}
    // SAFETY: as above.
    unsafe impl Heap for snmalloc_rs::SnMalloc {}
    // SAFETY: zero-sized; the heap is a static of the crate.
    unsafe impl Heap for orthotope_published::OrthotopeGlobalAlloc {}
}

/// A live block of `A`'s heap, aligned to `ALIGN`. It is not freed when dropped.
///
/// Invariant: `ptr` came from `A` with `size`, which is legal, and `ALIGN`, and nobody else has it.
#[derive(Debug)]
#[must_use = "a dropped block is leaked"]
pub(crate) struct Block<A, const ALIGN: usize> {
    ptr: NonNull<u8>,
    size: usize,
    heap: PhantomData<fn(A)>,
}

// SAFETY: the block is owned, and `Heap` promises that any thread may free it.
unsafe impl<A: Heap, const ALIGN: usize> Send for Block<A, ALIGN> {}

impl<A: Heap, const ALIGN: usize> Block<A, ALIGN> {
    /// Allocates `size` bytes and touches nothing.
    #[inline(always)]
    pub(crate) fn new(heap: &A, size: usize) -> Self {
        let layout = layout::<ALIGN>(size);
        // SAFETY: sizes are legal, so that `layout` is not of size zero.
        let ptr = unsafe { heap.alloc(layout) };
        Self::of(ptr, size)
    }

    /// Allocates `size` bytes and writes to each page.
    #[inline(always)]
    pub(crate) fn touched(heap: &A, size: usize) -> Self {
        let mut block = Self::new(heap, size);
        block.touch(0);
        block
    }

    /// Allocates `size` zero bytes.
    #[inline(always)]
    pub(crate) fn zeroed(heap: &A, size: usize) -> Self {
        let layout = layout::<ALIGN>(size);
        // SAFETY: sizes are legal, so that `layout` is not of size zero.
        let ptr = unsafe { heap.alloc_zeroed(layout) };
        Self::of(ptr, size)
    }

    /// Grows the block to `size` bytes.
    #[inline(always)]
    pub(crate) fn grow(self, heap: &A, size: usize) -> Self {
        assert!(size >= self.size, "a block only grows");
        let layout = layout::<ALIGN>(self.size);
        // SAFETY: the invariant makes the block a live one of this heap with this layout; the new size
        // is legal, too.
        let ptr = unsafe { heap.realloc(self.ptr.as_ptr(), layout, size) };
        Self::of(ptr, size)
    }

    /// Frees the block.
    #[inline(always)]
    pub(crate) fn free(self, heap: &A) {
        let layout = layout::<ALIGN>(self.size);
        // SAFETY: the invariant makes the block a live one of this heap with this layout.
        unsafe { heap.dealloc(self.ptr.as_ptr(), layout) }
    }

    /// Writes to the first byte and then to one byte in each 4 KiB, from `offset` on.
    #[inline(always)]
    pub(crate) fn touch(&mut self, offset: usize) {
        let mut at = offset;
        while at < self.size {
            // SAFETY: `at` is less than the block's size.
            let byte = unsafe { self.ptr.add(at) };
            // SAFETY: the byte is inside the block, which nobody else has.
            unsafe { byte.write_volatile(1) };
            at += PAGE;
        }
    }

    /// Writes every byte.
    #[inline(always)]
    pub(crate) fn fill(&mut self) {
        // SAFETY: the block has so many bytes, and nobody else has them.
        unsafe { self.ptr.write_bytes(1, self.size) };
        // Without this a write to memory that is freed next may be optimised away.
        black_box(self.ptr);
    }

    /// Writes `bytes` from `offset` on.
    ///
    /// # Panics
    ///
    /// If they do not fit in the block.
    #[inline(always)]
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let room = self.size.checked_sub(offset);
        assert!(room.is_some_and(|room| bytes.len() <= room));
        // SAFETY: `offset` is at most the block's size.
        let to = unsafe { self.ptr.add(offset) };
        let from = NonNull::from(bytes).cast();
        // SAFETY: there is room for them, and nobody else has the block: `bytes` is not in it.
        unsafe { to.copy_from_nonoverlapping(from, bytes.len()) };
        black_box(self.ptr);
    }

    /// The block as words, each of which is first set to what `value` says of its index. What is left of
    /// the size is left out.
    pub(crate) fn words(&mut self, value: impl Fn(usize) -> usize) -> &mut [usize] {
        const { assert!(ALIGN >= align_of::<usize>()) };
        let words = self.ptr.cast::<usize>();
        let count = self.size / size_of::<usize>();
        for index in 0..count {
            // SAFETY: the word is inside the block.
            let word = unsafe { words.add(index) };
            // SAFETY: the block is aligned at least as a word, the word is inside it, and nobody else has it.
            unsafe { word.write(value(index)) };
        }
        // SAFETY: all words are inside the block, aligned and set, and lent as the block itself is.
        unsafe { std::slice::from_raw_parts_mut(words.as_ptr(), count) }
    }

    /// Bytes in the block.
    #[must_use]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    #[inline(always)]
    fn of(ptr: *mut u8, size: usize) -> Self {
        // Without this a pair of calls to C's malloc and free may be optimised away.
        match NonNull::new(black_box(ptr)) {
            Some(ptr) => Self {
                ptr,
                size,
                heap: PhantomData,
            },
            None => exhausted(size),
        }
    }
}

#[inline(always)]
fn layout<const ALIGN: usize>(size: usize) -> Layout {
    const { assert!(ALIGN.is_power_of_two()) };
    debug_assert!(size != 0 && size < isize::MAX as usize - ALIGN);
    // SAFETY: `ALIGN` is a power of two, and sizes are legal.
    unsafe { Layout::from_size_align_unchecked(size, ALIGN) }
}

/// Exit code of a process whose allocator has no memory left.
pub(crate) const EXHAUSTED: i32 = 3;

/// Ends the process: a benchmark that got no memory has nothing more to say.
#[cold]
#[inline(never)]
fn exhausted(size: usize) -> ! {
    eprintln!("no memory for {size} bytes");
    std::process::exit(EXHAUSTED)
}

#[cfg(test)]
mod tests {
    use super::{Block, CACHE_LINE, NATURAL};
    use orthotope::OrthotopeGlobalAlloc;
    use std::alloc::System;

    #[test]
    fn blocks_live_grow_and_go() {
        let block = Block::<_, NATURAL>::touched(&System, 5_000);
        let block = block.grow(&System, 10_000);
        assert_eq!(block.size(), 10_000);
        block.free(&System);
    }

    #[test]
    fn blocks_are_written() {
        let mut block = Block::<_, NATURAL>::new(&System, 20);
        block.fill();
        block.write(16, &[7; 4]);
        assert_eq!(block.words(|index| index), [0, 1]);
        block.free(&System);
    }

    #[test]
    #[should_panic(expected = "room")]
    fn nothing_is_written_past_the_end() {
        let mut block = Block::<_, NATURAL>::new(&System, 20);
        block.write(17, &[7; 4]);
    }

    #[test]
    fn alignment_is_a_constant() {
        let heap = OrthotopeGlobalAlloc::new();
        let block = Block::<_, CACHE_LINE>::zeroed(&heap, 70);
        assert!(block.ptr.addr().get().is_multiple_of(CACHE_LINE));
        block.free(&heap);
    }
}
