//! One tick of the purge's clock over a class: old magazines back into their slabs, idle slabs back to the arena,
//! idle pages back to the system.

use super::Central;
use super::partial::Partial;
use crate::arena::{Arena, Schedule, Tick};
use crate::slab;

/// Slabs that are looked at under one lock.
const LOOKED_AT: usize = 32;

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
            state.depot.watch();
            total.pending = state.depot.len > 0;
        }
        for list in Partial::lists() {
            let mut left = self.state.lock().partial.len(list);
            while left > 0 {
                let some = left.min(LOOKED_AT);
                left -= some;
                total.add(self.tick_some(arena, schedule, list, some));
            }
        }
        total
    }

    /// A tick over the first `count` slabs of a list, which go to its end.
    fn tick_some(&self, arena: &Arena, schedule: Schedule, list: usize, count: usize) -> Tick {
        let mut total = Tick::default();
        let mut state = self.state.lock();
        for _ in 0..count {
            let Some(span) = state.partial.first(list) else {
                break;
            };
            // SAFETY: we hold the lock.
            unsafe { state.partial.rotate(list) };
            // SAFETY: as above.
            let found = unsafe { slab::tick(span, &self.geometry, arena, schedule) };
            state.backed -= found.unbacked;
            total.add(found.tick);
            // SAFETY: as above.
            let slab = unsafe { span.as_ref().slab() };
            if self.eager && slab.free == slab.carved {
                if found.settled {
                    // SAFETY: we hold the lock, and no block of the slab is out.
                    unsafe { self.retire(&mut state, arena, span) };
                } else {
                    total.pending = true;
                }
            }
        }
        total
    }
}
