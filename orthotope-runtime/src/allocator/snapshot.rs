//! Statistics of an engine, collected layer by layer without stopping anyone.

use super::engine::Engine;
use crate::arena::ArenaCounts;
use crate::central::CentralCounts;
use crate::class::{HEADER_BYTES, SizeClass};
use crate::stats::{AllocatorStats, ClassStats, SizeClassStats, Stats};

impl Engine {
    /// Statistics in the default preset's form, of an allocator with its twelve classes.
    pub(crate) fn allocator_stats(&self) -> AllocatorStats {
        let ArenaCounts {
            capacity,
            untouched,
            live_large,
            live_large_bytes,
            pooled,
            pooled_bytes,
            ..
        } = self.arena.counts();
        let small_central = SizeClass::ALL.map(|class| {
            let central = &self.centrals()[class.index()];
            let blocks = central.counts().pooled;
            SizeClassStats {
                class,
                blocks,
                bytes: blocks * central.geometry().stride,
            }
        });
        AllocatorStats {
            arena_capacity: capacity,
            arena_remaining: untouched,
            small_central,
            large_live_allocations: live_large,
            large_live_bytes: live_large_bytes,
            large_free_blocks: pooled,
            large_free_bytes: pooled_bytes,
        }
    }

    /// Statistics with an entry a class.
    pub(crate) fn stats(&self) -> Stats {
        // What allocates comes first: with this allocator installed, the figures must not move under us.
        let mut cached = vec![0; self.config.classes.len()];
        let mut classes = vec![ClassStats::default(); self.config.classes.len()].into_boxed_slice();
        let caches = self.registry.count(&mut cached);
        let (mut live_small, mut backed_small) = (0, 0);
        for (class, entry) in classes.iter_mut().enumerate() {
            let central = &self.centrals()[class];
            let CentralCounts {
                pooled,
                carved,
                slabs,
                backed,
            } = central.counts();
            *entry = ClassStats {
                payload: self.config.classes[class],
                stride: central.geometry().stride,
                slabs,
                live: carved.saturating_sub(pooled + cached[class]),
                cached: cached[class],
                pooled,
                resident: backed,
            };
            live_small += entry.live * entry.payload;
            backed_small += backed;
        }
        let counts = self.arena.counts();
        let header = if self.config.header { HEADER_BYTES } else { 0 };
        let active = backed_small + counts.live_large_paged;
        // Layers are asked one after the other: what is freed meanwhile must not make a figure negative.
        let mapped = counts.in_use.max(active);
        Stats {
            allocated: live_small + counts.live_large_bytes - counts.live_large * header,
            active,
            resident: active + counts.cold + counts.metadata,
            retained: counts.committed.saturating_sub(mapped + counts.cold),
            mapped,
            metadata: counts.metadata,
            capacity: counts.capacity,
            remaining: counts.untouched,
            regions: counts.regions,
            caches,
            classes,
            large_live: counts.live_large,
            large_live_bytes: counts.live_large_bytes,
            large_free: counts.pooled,
            large_free_bytes: counts.pooled_bytes,
        }
    }
}
