//! Statistics of an engine, collected layer by layer without stopping anyone.

use super::engine::Engine;
use crate::arena::ArenaCounts;
use crate::central::CentralCounts;
use crate::class::SizeClass;
use crate::stats::{AllocatorStats, ClassStats, SizeClassStats, Stats};

impl Engine {
    /// Statistics in the default preset's form. `None` if the classes are others.
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
        for (class, entry) in classes.iter_mut().enumerate() {
            let central = &self.centrals()[class];
            let CentralCounts {
                pooled,
                carved,
                slabs,
            } = central.counts();
            *entry = ClassStats {
                payload: self.config.classes[class],
                stride: central.geometry().stride,
                slabs,
                live: carved.saturating_sub(pooled + cached[class]),
                cached: cached[class],
                pooled,
            };
        }
        let counts = self.arena.counts();
        Stats {
            capacity: counts.capacity,
            remaining: counts.untouched,
            regions: counts.regions,
            metadata: self.arena.meta().mapped(),
            caches,
            classes,
            large_live: counts.live_large,
            large_live_bytes: counts.live_large_bytes,
            large_free: counts.pooled,
            large_free_bytes: counts.pooled_bytes,
        }
    }
}
