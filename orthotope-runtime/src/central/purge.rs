//! One tick of the purge's clock over a class: old magazines back into their slabs, empty ones back to the records, idle
//! slabs back to the arena, idle pages back to the system.

use super::Central;
use super::partial::Partial;
use crate::arena::{Arena, Schedule, Tick, slab_of};
use crate::depot::magazine_bytes;
use crate::slab;

/// Slabs that are looked at under one lock.
const LOOKED_AT: usize = 32;
/// Bytes that are given back under one lock.
const DROPPED_AT: usize = 1 << 20;

impl Central {
    /// One tick. Magazines that lay in the depot since the last one go back to their slabs: the depot's least length
    /// between two ticks is what nobody needed (Bonwick and Adams, 2001, section 3.4).
    pub(crate) fn tick(&self, arena: &Arena, schedule: Schedule) -> Tick {
        let mut total = Tick::default();
        {
            let mut state = self.state.lock();
            let idle = if schedule == Schedule::NOW {
                state.depot.len
            } else {
                state.depot.idle()
            };
            for _ in 0..idle {
                self.drain_bottom(&mut state, arena);
            }
            // Another class may need the memory of what this one once needed.
            while let Some(empty) = state.depot.pop_empty() {
                // SAFETY: `new_magazine` took it for as many blocks, and nobody else knows it.
                unsafe {
                    arena
                        .meta()
                        .give(empty.cast(), magazine_bytes(self.magazine));
                }
            }
            state.depot.watch();
            total.pending = state.depot.len > 0;
        }
        let before = self.state.lock().partial.changes();
        for list in Partial::lists() {
            let mut left = self.state.lock().partial.len(list);
            while left > 0 {
                let (seen, tick) = self.tick_some(arena, schedule, list, left.min(LOOKED_AT));
                left -= seen;
                total.add(tick);
            }
        }
        // Slabs that changed their list meanwhile may have been passed over.
        total.pending |= self.state.lock().partial.changes() != before;
        total
    }

    /// A tick over the first of `count` slabs of a list, which go to its end. Returns how many it saw.
    fn tick_some(
        &self,
        arena: &Arena,
        schedule: Schedule,
        list: usize,
        count: usize,
    ) -> (usize, Tick) {
        let mut total = Tick::default();
        let mut state = self.state.lock();
        // A slab that stays with its class gives its pages back; else it has to go itself.
        let retires = self.eager || !arena.purges_pages();
        let mut seen = 0;
        while seen < count && total.dropped < DROPPED_AT {
            let Some(span) = state.partial.first(list) else {
                return (count, total);
            };
            seen += 1;
            // SAFETY: we hold the lock.
            unsafe { state.partial.rotate(list) };
            // SAFETY: as above.
            let found = unsafe { slab::tick(span, &self.geometry, arena, schedule) };
            state.backed -= found.unbacked;
            total.add(found.tick);
            // SAFETY: as above.
            let slab = unsafe { slab_of(span) };
            if retires && slab.free == slab.carved {
                if found.settled || schedule == Schedule::NOW {
                    // SAFETY: we hold the lock, and no block of the slab is out.
                    unsafe { self.retire(&mut state, arena, span) };
                } else {
                    total.pending = true;
                }
            }
        }
        (seen, total)
    }
}
