//! Giving memory back: what becomes of a granule's age when its span is taken, freed, and left alone.
//!
//! The system is asked under the arena's lock, in pieces so small that nobody waits long for it: what is being
//! given back must not be handed out meanwhile.

use core::ops::Range;
use core::ptr::{self, NonNull};

use super::age::{Age, Schedule, Step};
use super::span::place;
use super::{Arena, GRANULE, Kind, Region, Span, State};
use crate::config::Purge;
use crate::sync::Ordering;
use crate::sys::Guard;

/// Granules that are looked at under one lock.
const LOOKED_AT: usize = 4_096;
/// Granules that the system is asked about under one lock: a mebibyte.
const ASKED_ABOUT: usize = 16;

/// What a tick found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tick {
    /// A later tick has more to do.
    pub(crate) pending: bool,
    /// Bytes given back.
    pub(crate) dropped: usize,
}

impl Tick {
    pub(crate) fn add(&mut self, other: Self) {
        self.pending |= other.pending;
        self.dropped += other.dropped;
    }
}

impl Arena {
    /// Marks a span's granules as used. Whether all were zero.
    pub(super) fn lend(&self, state: &mut Guard<'_, State>, span: NonNull<Span>) -> bool {
        let (region, granules) = self.granules_of(span);
        self.lend_granules(state, region, granules)
    }

    /// The same for some granules of a region.
    pub(super) fn lend_granules(
        &self,
        state: &mut Guard<'_, State>,
        region: &Region,
        granules: Range<usize>,
    ) -> bool {
        let mut clean = true;
        for granule in granules {
            let age = region.age(granule);
            state.cold -= usize::from(age.is_cold());
            clean &= age.is_clean();
            region.set_age(
                granule,
                if age.is_clean() {
                    Age::LENT_CLEAN
                } else {
                    Age::USED
                },
            );
        }
        clean
    }

    /// Marks a span's granules as free, each as old as `age` says of it by its index.
    pub(super) fn lay_down(
        &self,
        state: &mut Guard<'_, State>,
        span: NonNull<Span>,
        age: impl Fn(usize) -> Age,
    ) {
        let (region, granules) = self.granules_of(span);
        let count = granules.len();
        for (index, granule) in granules.enumerate() {
            let age = age(index);
            debug_assert!(age.is_cold() || age.is_clean());
            state.cold += usize::from(age.is_cold());
            region.set_age(granule, age);
        }
        self.stir(count * GRANULE);
    }

    /// Gives back at once what lies free of some granules, where the configuration wants it so.
    pub(super) fn drop_eagerly(&self, region: &Region, mut granules: Range<usize>) {
        while self.params.eager && !granules.is_empty() {
            let mut state = self.state.lock();
            let (reached, _) = self.tick_some(&mut state, region, granules.clone(), Schedule::NOW);
            granules.start = reached;
        }
    }

    /// Counts bytes that have become free, unless somebody looks after them anyway. Called once they are: whoever is
    /// about to look and is seen here sees them.
    #[inline]
    pub(crate) fn stir(&self, bytes: usize) {
        self.stir.add(bytes);
    }

    /// Whether at least `bytes` have become free, and nobody looks after them.
    #[inline]
    pub(crate) fn wants_watch(&self, bytes: usize) -> bool {
        self.stir.wants_watch(bytes)
    }

    /// Whether somebody looks after what becomes free.
    pub(crate) fn is_watched(&self) -> bool {
        self.stir.is_watched()
    }

    /// Says that somebody looks after what becomes free. `false` if somebody did already.
    pub(crate) fn watch(&self) -> bool {
        self.stir.watch()
    }

    /// Says that nobody does any more, who has not counted again so many bytes.
    pub(crate) fn unwatch(&self, stirred: usize) {
        self.stir.unwatch(stirred);
    }

    /// How the memory of a granule of a span stands. The span is taken, and the caller its only user.
    pub(crate) fn age_of(&self, span: NonNull<Span>, index: usize) -> Age {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        self.region_of(record.start()).map_or(Age::USED, |region| {
            region.age(region.granule_of(record.start()) + index)
        })
    }

    /// The ages of the pages of a slab's span, in order.
    pub(crate) fn page_ages(&self, span: NonNull<Span>) -> *mut u8 {
        // SAFETY: records are type-stable.
        let start = unsafe { span.as_ref() }.start();
        self.region_of(start).map_or(ptr::null_mut(), |region| {
            region.page_ages(region.granule_of(start))
        })
    }

    /// Whether a page of a slab may go back though its slab stays.
    pub(crate) fn purges_pages(&self) -> bool {
        self.params.purge_unit == 1
    }

    /// What becomes of the pages of slabs, where granules follow `schedule`: where memory goes back in huge pages,
    /// they stay, and are merely watched.
    pub(crate) fn page_schedule(&self, schedule: Schedule) -> Schedule {
        if self.purges_pages() {
            schedule
        } else {
            Schedule::of(Purge::Never)
        }
    }

    /// Asks the system to mark or take `bytes` of a slab's span from `offset` on; whether it did.
    ///
    /// # Safety
    ///
    /// The caller holds the lock of the slab's class, and no block that is out lies there. Both are multiples of a page.
    pub(crate) unsafe fn ask(
        &self,
        span: NonNull<Span>,
        offset: usize,
        bytes: usize,
        step: Step,
    ) -> bool {
        let Some(start) = NonNull::new(self.pointer(span, offset)) else {
            return false;
        };
        // SAFETY: by the caller's promise; slabs are committed.
        (step == Step::Mark && !self.purges_pages()) || unsafe { self.tell(start, bytes, step) }
    }

    /// Tells the system what a step says of memory; whether it agreed.
    ///
    /// # Safety
    ///
    /// Nobody needs what the range, committed and page-aligned, holds, and nobody takes it meanwhile.
    unsafe fn tell(&self, start: NonNull<u8>, bytes: usize, step: Step) -> bool {
        match step {
            Step::Wait => true,
            Step::Rest => false,
            // SAFETY: the caller's promise.
            Step::Mark => unsafe { self.os.offer(start, bytes) }.is_ok(),
            // SAFETY: as above.
            Step::Drop => unsafe { self.os.discard(start, bytes) }.is_ok(),
        }
    }

    /// Ticks of the purge's clock so far.
    #[inline]
    pub(crate) fn ticks(&self) -> usize {
        self.ticks.load(Ordering::Relaxed)
    }

    /// One tick of the purge's clock over everything free.
    pub(crate) fn tick(&self, schedule: Schedule) -> Tick {
        self.ticks.fetch_add(1, Ordering::Relaxed);
        let mut total = Tick::default();
        if self.params.guarded {
            total.pending = self.settle_guarded();
        }
        for region in self.regions() {
            let mut next = 0;
            while next < region.fresh() {
                let mut state = self.lock();
                let (reached, tick) =
                    self.tick_some(&mut state, region, next..region.fresh(), schedule);
                drop(state);
                next = reached;
                total.add(tick);
            }
        }
        if self.params.lazy && total.dropped > 0 {
            self.release_dropped();
        }
        total
    }

    /// A tick over the first of some granules. Returns how far it came.
    fn tick_some(
        &self,
        state: &mut Guard<'_, State>,
        region: &Region,
        granules: Range<usize>,
        schedule: Schedule,
    ) -> (usize, Tick) {
        let unit = self.params.purge_unit;
        // Units are counted from the region's base.
        let mut next = granules.start / unit * unit;
        let end = granules.end.min(next + LOOKED_AT);
        let mut tick = Tick::default();
        let mut asked = 0;
        // Granules in a row of which the same is to be asked.
        let mut run = next..next;
        let mut wanted = Step::Rest;
        let mut older = Age::USED;
        while next < end && asked < ASKED_ABOUT {
            let group = next..(next + unit).min(region.fresh());
            next = group.end;
            let youngest = if group.len() == unit {
                youngest(region, group.clone())
            } else {
                None
            };
            let (age, step) = match youngest {
                Some(age) => schedule.step(age),
                None => (Age::USED, Step::Rest),
            };
            if (age, step) != (older, wanted) || run.end != group.start {
                tick.add(self.settle_run(state, region, run.clone(), wanted, older));
                (run, wanted, older) = (group.start..group.start, step, age);
            }
            run.end = group.end;
            if matches!(step, Step::Mark | Step::Drop) {
                asked += unit;
            }
            tick.pending |= youngest.is_some() && schedule.has_more_for(age);
        }
        tick.add(self.settle_run(state, region, run, wanted, older));
        (next, tick)
    }

    /// Does what a tick wants of a run of granules.
    fn settle_run(
        &self,
        state: &mut Guard<'_, State>,
        region: &Region,
        run: Range<usize>,
        wanted: Step,
        age: Age,
    ) -> Tick {
        let mut tick = Tick::default();
        if run.is_empty() || wanted == Step::Rest {
            return tick;
        }
        let start = region.granule_start(run.start);
        // SAFETY: free granules of this region, and nobody takes them while we hold the lock.
        let agreed = unsafe { self.tell(start, run.len() * GRANULE, wanted) };
        let age = wanted.leaves(age, agreed);
        for granule in run {
            let before = region.age(granule);
            if before.is_cold() {
                if age == Age::DROPPED {
                    state.cold -= 1;
                    tick.dropped += GRANULE;
                }
                region.set_age(granule, age);
            }
        }
        tick
    }

    /// Takes what was given back out of the pool: SPEC section 4 keeps freed large blocks apart until they are purged.
    fn release_dropped(&self) {
        let mut state = self.lock();
        let is_dropped = |span: NonNull<Span>| {
            let (region, mut granules) = self.granules_of(span);
            granules.all(|granule| region.age(granule).is_clean())
        };
        // SAFETY: we hold the lock.
        let mut next = unsafe { state.pool.take_out(is_dropped) };
        while let Some(span) = NonNull::new(next) {
            // SAFETY: we hold the lock, and the span is in no bins.
            next = unsafe { place(span) }.next;
            self.free_span(&mut state, span);
        }
    }

    /// The region of a span, and the indices of its granules there. The arena's lock is held.
    pub(super) fn granules_of(&self, span: NonNull<Span>) -> (&Region, Range<usize>) {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // SAFETY: callers hold the lock.
        let region = self.region(unsafe { place(span) }.region.into());
        let first = region.granule_of(record.start());
        (region, first..first + record.granules())
    }

    /// Whether the granule at `address` was given back, or offered, since it last held a block.
    pub(crate) fn was_purged(&self, address: usize) -> bool {
        self.region_of(address).is_some_and(|region| {
            let age = region.age(region.granule_of(address));
            age == Age::DROPPED || (age.is_cold() && age >= Age::SETTLED)
        })
    }

    /// How the memory of a granule stands of a span that was taken for a slab and goes back unused.
    pub(super) fn unused_age(&self, span: NonNull<Span>, index: usize) -> Age {
        debug_assert!(
            // SAFETY: records are type-stable.
            unsafe { span.as_ref() }.kind() != Kind::Free
        );
        match self.age_of(span, index) {
            Age::LENT_CLEAN => Age::DROPPED,
            _ => Age::COLD,
        }
    }
}

/// The age of the youngest cold granule of a group that holds no used one; `None` if it does, or none is cold.
fn youngest(region: &Region, mut group: Range<usize>) -> Option<Age> {
    group.try_fold(None, |youngest: Option<Age>, granule| {
        let age = region.age(granule);
        if age.is_clean() {
            Some(youngest)
        } else if age.is_cold() {
            Some(Some(youngest.map_or(age, |other| other.min(age))))
        } else {
            None
        }
    })?
}
