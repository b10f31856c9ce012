//! Memory owned through `GlobalAlloc`, so that a test reads and writes it without further proof.
//!
//! Invariants of a [`Piece`]: `start` is the block that the allocator returned for `layout`, not freed
//! yet; all its bytes are initialised.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use core::slice;

use orthotope::OrthotopeGlobalAlloc;

const ALLOCATOR: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

/// A block from `OrthotopeGlobalAlloc`, freed when it is dropped.
#[derive(Debug)]
pub struct Piece {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the block is the piece's alone, and may be freed by any thread.
unsafe impl Send for Piece {}

impl Piece {
    /// `alloc`, every byte set to `byte`. `None` if it returns null.
    #[must_use]
    pub fn new(layout: Layout, byte: u8) -> Option<Self> {
        // SAFETY: a layout of zero bytes is legal too, by the allocator's own contract.
        let start = NonNull::new(unsafe { ALLOCATOR.alloc(layout) })?;
        // SAFETY: the block has `size` bytes.
        unsafe { start.write_bytes(byte, layout.size()) };
        Some(Self { start, layout })
    }

    /// `alloc_zeroed`, left as it came.
    #[must_use]
    pub fn zeroed(layout: Layout) -> Option<Self> {
        // SAFETY: as in `new`.
        let start = NonNull::new(unsafe { ALLOCATOR.alloc_zeroed(layout) })?;
        Some(Self { start, layout })
    }

    /// `realloc` to `size` bytes, those added set to `byte`; `false`, and nothing changed, if it returns null.
    ///
    /// # Panics
    ///
    /// If no layout has this size.
    #[must_use]
    pub fn resize(&mut self, size: usize, byte: u8) -> bool {
        let layout = Layout::from_size_align(size, self.layout.align()).expect("a legal layout");
        // SAFETY: the block is live with this layout, and the new size makes a legal one.
        let moved = unsafe { ALLOCATOR.realloc(self.start.as_ptr(), self.layout, size) };
        let Some(start) = NonNull::new(moved) else {
            return false;
        };
        let old = core::mem::replace(&mut self.layout, layout).size();
        self.start = start;
        if let Some(added) = size.checked_sub(old) {
            // SAFETY: the block has `size >= old` bytes.
            let end = unsafe { start.add(old) };
            // SAFETY: as above, `added` of them from there on.
            unsafe { end.write_bytes(byte, added) };
        }
        true
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the type's invariants.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }

    /// The bytes.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the type's invariants.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }

    /// Where it is.
    #[must_use]
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Gives the block up without freeing it.
    #[must_use]
    pub fn into_raw(self) -> NonNull<u8> {
        let start = self.start;
        core::mem::forget(self);
        start
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // SAFETY: the type's invariants.
        unsafe { ALLOCATOR.dealloc(self.start.as_ptr(), self.layout) }
    }
}

/// A layout.
///
/// # Panics
///
/// If there is none like it.
#[must_use]
pub fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a legal layout")
}
