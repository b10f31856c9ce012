//! Figures for statistics: what is live in large blocks, and how the arena's address space and memory stand.

use super::{Arena, BESIDE_GRANULE, GRANULE};
use crate::sync::Ordering;
use crate::sys::page_bytes;

/// The live large blocks, parked ones included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LargeCounts {
    /// Spans that are `Large` or `Parked`.
    pub(super) blocks: usize,
    /// What they count for: header and request of each, rounded up to the alignment.
    pub(super) bytes: usize,
    /// The same, each block rounded up to pages: `bytes <= paged <= bytes + blocks * page`.
    paged: usize,
}

impl LargeCounts {
    /// Counts a block of so many bytes.
    pub(super) fn add(&mut self, bytes: usize) {
        self.blocks += 1;
        self.bytes += bytes;
        self.paged += bytes.next_multiple_of(page_bytes());
    }

    /// Takes a block of so many bytes out of the count.
    pub(super) fn remove(&mut self, bytes: usize) {
        self.blocks -= 1;
        self.bytes -= bytes;
        self.paged -= bytes.next_multiple_of(page_bytes());
    }
}

/// How an arena stands. Bytes, unless said otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ArenaCounts {
    pub(crate) capacity: usize,
    pub(crate) untouched: usize,
    /// Live large blocks.
    pub(crate) live_large: usize,
    pub(crate) live_large_bytes: usize,
    /// The same, each block rounded up to pages.
    pub(crate) live_large_paged: usize,
    /// Freed large blocks that wait for reuse.
    pub(crate) pooled: usize,
    pub(crate) pooled_bytes: usize,
    /// Regions.
    pub(crate) regions: usize,
    /// Usable address space.
    pub(crate) committed: usize,
    /// Spans of slabs and of large blocks.
    pub(crate) in_use: usize,
    /// Free memory that may be resident.
    pub(crate) cold: usize,
    /// Records, directories and ages, as far as they were written.
    pub(crate) metadata: usize,
}

impl Arena {
    /// Figures for statistics.
    pub(crate) fn counts(&self) -> ArenaCounts {
        let state = self.lock();
        let fresh: usize = self.regions().map(|region| region.fresh()).sum();
        ArenaCounts {
            capacity: state.budget.capacity,
            untouched: state.budget.untouched(),
            live_large: state.live_large.blocks,
            live_large_bytes: state.live_large.bytes,
            live_large_paged: state.live_large.paged,
            pooled: state.pool.count,
            pooled_bytes: state.pool.charge,
            regions: self.region_count.load(Ordering::Relaxed),
            committed: self.regions().map(|region| region.committed()).sum(),
            in_use: (fresh - state.free.granules - state.pool.granules) * GRANULE,
            cold: state.cold * GRANULE,
            metadata: self.meta.used() + fresh * BESIDE_GRANULE,
        }
    }
}

#[cfg(any(test, fuzzing))]
impl LargeCounts {
    /// Panics unless so many blocks are counted, charged so many bytes.
    pub(super) fn validate(&self, blocks: usize, charged: usize) {
        let Self {
            blocks: counted,
            bytes,
            paged,
        } = *self;
        assert_eq!(counted, blocks, "live and parked large blocks are counted");
        assert!(
            bytes <= charged,
            "no block counts for more than it is charged"
        );
        assert!(bytes <= paged && paged <= bytes + blocks * page_bytes());
    }
}
