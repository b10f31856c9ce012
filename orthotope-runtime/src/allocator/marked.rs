//! From an address to the live block that starts there, where free blocks are marked: a free that C asks for is told no size
//! and trusts nobody.
//!
//! The mark stands in the block's second word from the free until the block is handed out again. It says where to look
//! twice and decides nothing: a program may have copied it. What decides is where the block is.

use core::ptr::NonNull;

use super::engine::Engine;
use super::find::Found;
use crate::block::{Key, mark_of};
use crate::error::FreeError;
use crate::sync::Ordering;
use crate::thread_cache::capacity;

impl Engine {
    /// What the words of `owner`'s headers are mixed with, or, where there are none, what free blocks are marked with.
    pub(crate) fn key(&self, owner: u64) -> Key {
        if self.config.marks() {
            self.secret.freed()
        } else {
            self.secret.key(owner)
        }
    }

    /// As [`find`](Self::find), where free blocks are marked: one that lies free is told wherever it is.
    pub(super) fn find_marked(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Found, FreeError> {
        let found = self.look_up(address, provided)?;
        let Found::Small { class, .. } = found else {
            return Ok(found);
        };
        let Some(block) = self.derive(address) else {
            return Err(FreeError::ForeignPointer);
        };
        // SAFETY: a block of a slab, in committed memory; classes are multiples of 16.
        let word = unsafe { mark_of(block) }.load(Ordering::Relaxed);
        // The mark may have gone back to the system with its page: then zero stands there.
        if word != 0 && word != self.key(0).mark(address) {
            return Ok(found);
        }
        let found = self.find_unmarked(address, provided)?;
        if word != 0 && self.lies_cached(class, block) {
            return Err(FreeError::DoubleFree);
        }
        Ok(found)
    }

    /// Whether the block, which its slab has handed out, lies free in a thread's cache or in the depot.
    #[cold]
    fn lies_cached(&self, class: usize, block: NonNull<u8>) -> bool {
        let (central, block) = (&self.centrals()[class], block.as_ptr());
        let capacity = capacity(self.limits(class), central);
        // What moves from the depot to a cache while we look from the caches to the depot is found the second time.
        (0..2).any(|_| self.registry.holds(class, capacity, block) || central.pools(block))
    }

    /// The address as a pointer derived from its region's base, whatever the caller's came from.
    pub(super) fn derive(&self, address: usize) -> Option<NonNull<u8>> {
        NonNull::new(self.arena.region_of(address)?.pointer(address))
    }
}
