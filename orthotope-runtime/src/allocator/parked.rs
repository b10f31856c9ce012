//! Large blocks that a thread parks and takes again: no lock, and nothing to wait for.

use super::background;
use super::engine::Engine;
use crate::arena::{Kind, Lane};
use crate::large::LargeBlock;

impl Engine {
    /// A large block of `size` bytes, aligned to `align`, that the thread of `lane` freed before: no lock, and nothing
    /// to wait for.
    pub(crate) fn retake_large(&self, lane: Lane, size: usize, align: usize) -> Option<LargeBlock> {
        let footprint = self.large.footprint(size, align)?;
        self.large.retake(&self.arena, lane, size, footprint)
    }

    /// Frees the large block at `address` into `lane`. `false` if it cannot be, for whatever reason: the way
    /// through a `Visit` finds out.
    pub(crate) fn park_large(&self, lane: Lane, address: usize, size: Option<usize>) -> bool {
        let Some(span) = self.arena.home().span_at(address) else {
            return false;
        };
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let parked = record.kind() == Kind::Large
            && record.first().addr() == address
            && self.large.park(&self.arena, lane, span, size);
        if parked {
            background::look_after(self, true);
        }
        parked
    }
}
