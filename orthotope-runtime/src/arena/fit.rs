//! Finding, cutting and joining spans: what the arena does under its lock.

use core::ptr::{self, NonNull};

use super::span::place;
use super::{Arena, GRANULE, Kind, Region, Span, State};
use crate::sync::Ordering;
use crate::sys::Guard;

impl Arena {
    /// Charges a span so many bytes more, of what the budget has left.
    pub(super) fn charge(&self, state: &mut Guard<'_, State>, span: NonNull<Span>, bytes: usize) {
        state.budget.charge(bytes);
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        record.set_charge(record.charge() + bytes);
    }

    /// The pooled span that fits `granules` and `charge` best, split if enough is left.
    pub(super) fn take_pooled(
        &self,
        state: &mut Guard<'_, State>,
        granules: usize,
        charge: usize,
    ) -> Option<NonNull<Span>> {
        let span = state.pool.best_fit(granules, charge)?;
        // SAFETY: we hold the lock, and the span is in the pool.
        unsafe { state.pool.remove(span) };
        if let Some(tail) = self.split(state, span, granules, self.params.split) {
            // The charge is divided, not changed: once the two rejoin, they serve what the whole did. Neither
            // part is charged more than it is long, or growing in place would make the whole so.
            // SAFETY: records are type-stable.
            let head = unsafe { span.as_ref() };
            // SAFETY: as above.
            let rest = unsafe { tail.as_ref() };
            rest.set_charge((head.charge() - charge).min(rest.bytes()));
            head.set_charge(head.charge() - rest.charge());
            rest.set_kind(Kind::Pooled);
            // SAFETY: we hold the lock.
            unsafe { place(tail) }.tail = true;
            // SAFETY: we hold the lock, and the tail is new.
            unsafe { state.pool.insert(tail) };
        }
        self.list_all(span);
        Some(span)
    }

    /// A free span of exactly `granules` (more where no record for the rest could be had), uncharged.
    pub(super) fn take_free(
        &self,
        state: &mut Guard<'_, State>,
        granules: usize,
    ) -> Option<NonNull<Span>> {
        let Some(span) = state.free.best_fit(granules, 0) else {
            return self.take_fresh(state, granules);
        };
        // SAFETY: we hold the lock, and the span is in `free`.
        unsafe { state.free.remove(span) };
        if let Some(tail) = self.split(state, span, granules, 1) {
            // SAFETY: we hold the lock, and the tail is new.
            unsafe { state.free.insert(tail) };
        }
        self.list_all(span);
        Some(span)
    }

    /// A span from the untouched end of a region, together with the free span before it, if there is one.
    /// No free span is as long as `granules`.
    fn take_fresh(&self, state: &mut Guard<'_, State>, granules: usize) -> Option<NonNull<Span>> {
        let count = self.region_count.load(Ordering::Relaxed);
        let (index, before) = (0..count).find_map(|index| {
            let region = self.region(index);
            let before = last_free(region);
            // SAFETY: records are type-stable.
            let held = before.map_or(0, |span| unsafe { span.as_ref() }.granules());
            (region.unused() + held >= granules).then_some((index, before))
        })?;
        let region = self.region(index);
        let span = match before {
            Some(span) => {
                // SAFETY: we hold the lock, and free spans are in `free`.
                unsafe { state.free.remove(span) };
                span
            }
            None => self.new_record(state)?,
        };
        // SAFETY: records are type-stable; a new one has no granules.
        let record = unsafe { span.as_ref() };
        let first = region.fresh() - record.granules();
        if !region.commit(self.os, (first + granules) * GRANULE) {
            match before {
                // SAFETY: we hold the lock, and the span is as it was when it was removed.
                Some(span) => unsafe { state.free.insert(span) },
                None => self.bury(state, span),
            }
            return None;
        }
        region.set_fresh(first + granules);
        record.set_range(region.base().as_ptr().addr() + first * GRANULE, granules);
        // SAFETY: we hold the lock.
        let this = unsafe { place(span) };
        this.region = index as u8;
        this.listed = false;
        self.list_all(span);
        Some(span)
    }

    /// Whether `take_free` would find address space for `granules`.
    pub(super) fn has_room(&self, state: &Guard<'_, State>, granules: usize) -> bool {
        state.free.best_fit(granules, 0).is_some()
            || (0..self.region_count.load(Ordering::Relaxed)).any(|index| {
                let region = self.region(index);
                // SAFETY: records are type-stable.
                let held = last_free(region).map_or(0, |span| unsafe { span.as_ref() }.granules());
                region.unused() + held >= granules
            })
    }

    /// Makes every granule's entry lead to the span. The lock is held.
    pub(super) fn list_all(&self, span: NonNull<Span>) {
        // SAFETY: callers hold the lock.
        let this = unsafe { place(span) };
        if !this.listed {
            this.listed = true;
            self.region(this.region.into()).list(span, true);
        }
    }

    /// Cuts a span down to `granules`; the rest, if it is at least `least`, as a free span of its own, uncharged.
    pub(super) fn split(
        &self,
        state: &mut Guard<'_, State>,
        span: NonNull<Span>,
        granules: usize,
        least: usize,
    ) -> Option<NonNull<Span>> {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let rest = record.granules() - granules;
        if rest < least {
            return None;
        }
        let tail = self.new_record(state)?;
        // SAFETY: records are type-stable.
        let tail_record = unsafe { tail.as_ref() };
        tail_record.set_range(record.start() + granules * GRANULE, rest);
        tail_record.set_kind(Kind::Free);
        record.set_range(record.start(), granules);
        // SAFETY: we hold the lock.
        let region = unsafe { place(span) }.region;
        // SAFETY: we hold the lock; the tail is another span.
        unsafe { place(tail) }.region = region;
        self.region(region.into()).list(tail, false);
        // The head's last granule lay inside the span, where only listed spans have entries.
        self.region(region.into()).list(span, false);
        Some(tail)
    }

    /// Puts a span into the pool, rejoined with the neighbours it was split from.
    pub(super) fn pool_span(&self, state: &mut Guard<'_, State>, mut span: NonNull<Span>) {
        if let Some(next) = self.neighbour_after(span)
            // SAFETY: records are type-stable.
            && unsafe { next.as_ref() }.kind() == Kind::Pooled
            // SAFETY: we hold the lock.
            && unsafe { place(next) }.tail
        {
            // SAFETY: we hold the lock, and pooled spans are in the pool.
            unsafe { state.pool.remove(next) };
            self.merge(state, span, next);
        }
        // SAFETY: we hold the lock.
        if unsafe { place(span) }.tail
            && let Some(prev) = self.neighbour_before(span)
            // SAFETY: records are type-stable.
            && unsafe { prev.as_ref() }.kind() == Kind::Pooled
        {
            // SAFETY: we hold the lock, and pooled spans are in the pool.
            unsafe { state.pool.remove(prev) };
            self.merge(state, prev, span);
            span = prev;
        }
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_kind(Kind::Pooled);
        // SAFETY: we hold the lock, and the span is in no bins.
        unsafe { state.pool.insert(span) };
    }

    /// Uncharges a span and puts it among the free ones, coalesced with free neighbours.
    pub(super) fn free_span(&self, state: &mut Guard<'_, State>, mut span: NonNull<Span>) {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        state.budget.release(record.charge());
        record.set_charge(0);
        // SAFETY: we hold the lock.
        unsafe { place(span) }.tail = false;
        if let Some(next) = self.neighbour_after(span) {
            // SAFETY: records are type-stable.
            if unsafe { next.as_ref() }.kind() == Kind::Free {
                // SAFETY: we hold the lock, and free spans are in `free`.
                unsafe { state.free.remove(next) };
                self.merge(state, span, next);
            } else {
                // What it was split from is gone.
                // SAFETY: we hold the lock.
                unsafe { place(next) }.tail = false;
            }
        }
        if let Some(prev) = self.neighbour_before(span)
            // SAFETY: records are type-stable.
            && unsafe { prev.as_ref() }.kind() == Kind::Free
        {
            // SAFETY: we hold the lock, and free spans are in `free`.
            unsafe { state.free.remove(prev) };
            self.merge(state, prev, span);
            span = prev;
        }
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_kind(Kind::Free);
        // SAFETY: we hold the lock, and the span is in no bins.
        unsafe { state.free.insert(span) };
    }

    /// Uncharges and coalesces everything pooled; whether there was anything.
    pub(super) fn consolidate(&self, state: &mut Guard<'_, State>) -> bool {
        let mut any = false;
        while let Some(span) = state.pool.any() {
            // SAFETY: we hold the lock, and the span is in the pool.
            unsafe { state.pool.remove(span) };
            self.free_span(state, span);
            any = true;
        }
        any
    }

    /// Appends `back` to `front`, which it follows; both are in no bins.
    pub(super) fn merge(
        &self,
        state: &mut Guard<'_, State>,
        front: NonNull<Span>,
        back: NonNull<Span>,
    ) {
        // SAFETY: records are type-stable.
        let record = unsafe { front.as_ref() };
        // SAFETY: as above.
        let other = unsafe { back.as_ref() };
        record.set_range(record.start(), record.granules() + other.granules());
        record.set_charge(record.charge() + other.charge());
        // SAFETY: we hold the lock; front and back differ.
        let this = unsafe { place(front) };
        this.listed = false;
        self.bury(state, back);
        self.region(this.region.into()).list(front, false);
    }

    /// The span that starts where this one ends, in its region. The lock is held.
    pub(super) fn neighbour_after(&self, span: NonNull<Span>) -> Option<NonNull<Span>> {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // SAFETY: callers hold the lock.
        let region = self.region(unsafe { place(span) }.region.into());
        NonNull::new(region.span_of_granule(region.granule_of(record.start()) + record.granules()))
    }

    /// The span that ends where this one starts, in its region. The lock is held.
    fn neighbour_before(&self, span: NonNull<Span>) -> Option<NonNull<Span>> {
        // SAFETY: callers hold the lock.
        let region = self.region(unsafe { place(span) }.region.into());
        // SAFETY: records are type-stable.
        let first = region.granule_of(unsafe { span.as_ref() }.start());
        NonNull::new(region.span_of_granule(first.checked_sub(1)?))
    }

    /// A record from among the dead, or a new one.
    fn new_record(&self, state: &mut Guard<'_, State>) -> Option<NonNull<Span>> {
        if let Some(span) = NonNull::new(state.dead) {
            // SAFETY: we hold the lock.
            let this = unsafe { place(span) };
            state.dead = this.next;
            this.next = ptr::null_mut();
            return Some(span);
        }
        let span = self.meta.take(size_of::<Span>())?.cast::<Span>();
        // SAFETY: the record is fresh, aligned to 64 and long enough.
        unsafe { span.write(Span::dead()) };
        Some(span)
    }

    /// Turns a record into one that describes nothing.
    fn bury(&self, state: &mut Guard<'_, State>, span: NonNull<Span>) {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        record.set_kind(Kind::Dead);
        record.set_range(0, 0);
        record.set_charge(0);
        // SAFETY: we hold the lock.
        let this = unsafe { place(span) };
        this.next = state.dead;
        this.listed = false;
        this.tail = false;
        state.dead = span.as_ptr();
    }
}

/// The free span that ends where the region's untouched end begins.
fn last_free(region: &Region) -> Option<NonNull<Span>> {
    let span = NonNull::new(region.span_of_granule(region.fresh().checked_sub(1)?))?;
    // SAFETY: records are type-stable.
    (unsafe { span.as_ref() }.kind() == Kind::Free).then_some(span)
}
