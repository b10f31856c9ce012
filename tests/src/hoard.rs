//! Blocks that are filled, kept, checked and given back: what an allocator must not lose.
//!
//! Owns live blocks whose contents say which block they are: blocks that overlap, and pages that were
//! given back while in use, are seen by [`Hoard::verify`].

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;
use std::slice;

use crate::pattern;
use crate::random::Random;

/// A block, as it was asked for.
#[derive(Clone, Copy, Debug)]
struct Kept {
    start: NonNull<u8>,
    layout: Layout,
    tag: usize,
}

/// Live blocks of one allocator, each holding the pattern of its number.
///
/// Invariant: every entry is a live block of `allocator`, allocated with its layout, every byte of it is
/// initialised, and nobody else has its pointer.
pub struct Hoard<'a> {
    allocator: &'a (dyn GlobalAlloc + Sync),
    blocks: Vec<Kept>,
    added: usize,
    bytes: usize,
}

// SAFETY: the blocks belong to the hoard alone, and a global allocator's blocks may be used and freed on
// any thread.
unsafe impl Send for Hoard<'_> {}

impl<'a> Hoard<'a> {
    /// No blocks, and room to note `blocks` of them without asking any allocator.
    #[must_use]
    pub fn with_room(allocator: &'a (dyn GlobalAlloc + Sync), blocks: usize) -> Self {
        Self {
            allocator,
            blocks: Vec::with_capacity(blocks),
            added: 0,
            bytes: 0,
        }
    }

    /// The same, the room itself resident already.
    #[must_use]
    pub fn with_touched_room(allocator: &'a (dyn GlobalAlloc + Sync), blocks: usize) -> Self {
        let mut hoard = Self::with_room(allocator, blocks);
        for place in hoard.blocks.spare_capacity_mut() {
            place.write(Kept {
                start: NonNull::dangling(),
                layout: Layout::new::<u8>(),
                tag: 0,
            });
        }
        hoard
    }

    /// Adds a block of `size` bytes; says whether the allocator had one.
    ///
    /// # Panics
    ///
    /// If `size` is zero or no layout, or if the block is not aligned.
    #[must_use]
    pub fn add(&mut self, size: usize) -> bool {
        let layout = Layout::array::<u64>(size.div_ceil(8)).expect("the test's sizes are layouts");
        assert!(layout.size() > 0, "a hoard keeps no empty blocks");
        // SAFETY: the size is not zero.
        let start = unsafe { self.allocator.alloc(layout) };
        let Some(start) = NonNull::new(start) else {
            return false;
        };
        assert!(
            start.addr().get().is_multiple_of(layout.align()),
            "{start:?} is not aligned for {layout:?}"
        );
        // SAFETY: the allocator handed out that many bytes, and they are ours.
        unsafe { start.write_bytes(0, layout.size()) };
        let kept = Kept {
            start,
            layout,
            tag: self.added,
        };
        self.blocks.push(kept);
        self.added += 1;
        self.bytes += layout.size();
        // SAFETY: the block is live, as long as its layout says, and was initialised above.
        let block = unsafe { slice::from_raw_parts_mut(start.as_ptr(), layout.size()) };
        pattern::write(block, kept.tag);
        true
    }

    /// Adds blocks of up to `largest` bytes until it holds `bytes`; says whether there were enough.
    #[must_use]
    pub fn fill(&mut self, random: &mut Random, bytes: usize, largest: usize) -> bool {
        while self.bytes < bytes {
            if !self.add(random.size(largest)) {
                return false;
            }
        }
        true
    }

    /// Bytes held.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Blocks held.
    #[must_use]
    pub const fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Reads every byte of every block.
    ///
    /// # Panics
    ///
    /// If one is not what was written.
    pub fn verify(&self) {
        for Kept { start, layout, tag } in &self.blocks {
            // SAFETY: by the type's invariant the block is live, as long as its layout says, initialised,
            // and only written by `add`.
            let block = unsafe { slice::from_raw_parts(start.as_ptr(), layout.size()) };
            assert!(
                pattern::holds(block, *tag),
                "block {tag} of {} bytes at {start:?} lost its contents",
                block.len()
            );
        }
    }

    /// Gives back every second block.
    pub fn thin_out(&mut self) {
        let mut position = 0;
        self.keep_if(|| {
            position += 1;
            position % 2 == 1
        });
    }

    /// Gives back the blocks of which `keep`, asked once a block, says no.
    pub fn keep_if(&mut self, mut keep: impl FnMut() -> bool) {
        let (allocator, bytes) = (self.allocator, &mut self.bytes);
        self.blocks.retain(|kept| {
            let stays = keep();
            if !stays {
                *bytes -= kept.layout.size();
                free(allocator, *kept);
            }
            stays
        });
    }

    /// Address and size of every block.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        self.blocks
            .iter()
            .map(|kept| (kept.start.addr().get(), kept.layout.size()))
    }
}

impl Drop for Hoard<'_> {
    fn drop(&mut self) {
        for kept in self.blocks.drain(..) {
            free(self.allocator, kept);
        }
    }
}

/// Frees a block that was just taken out of a hoard on `allocator`.
fn free(allocator: &dyn GlobalAlloc, kept: Kept) {
    // SAFETY: by the hoard's invariant the block came from `allocator` with this layout and is live; it
    // is no longer in the hoard, so that this is its only free.
    unsafe { allocator.dealloc(kept.start.as_ptr(), kept.layout) };
}
