//! Growing and shrinking a large block where it is: into what lies free behind its span, and back.

use core::ptr::NonNull;

use super::span::place;
use super::{Age, Arena, GRANULE, Kind, Span, State};
use crate::sys::Guard;

impl Arena {
    /// Makes the live large block in `span`, which counted for `was` bytes, one of `requested` bytes, charged
    /// `charge`, in at least `granules`, without moving it. `false` if that is not possible; then nothing has
    /// changed.
    ///
    /// Where freed blocks wait in the pool (SPEC section 4) a block keeps its whole span, and its charge, unless
    /// it would be mostly empty: then it has to move. What was split off it when it was taken, and waits still, it
    /// takes back.
    ///
    /// Meanwhile the block is out of everybody's reach: whoever frees it at this moment is refused.
    pub(crate) fn resize_large(
        &self,
        span: NonNull<Span>,
        granules: usize,
        requested: usize,
        charge: usize,
        was: usize,
    ) -> bool {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let mut state = self.lock();
        if !record.change_kind(Kind::Large, Kind::Dead) {
            return false;
        }
        let (_, before) = self.huge_pages_of(span);
        if granules > record.granules() {
            self.absorb_tail(&mut state, span, granules, charge);
        }
        let held = record.granules();
        let charged = record.charge();
        if charge.saturating_sub(charged) > state.budget.left()
            || (granules < held / 2 && self.params.lazy)
            || (granules > held && !self.lengthen(&mut state, span, granules))
        {
            // It may have taken back what was split off it.
            self.readvise(span, before);
            record.set_kind(Kind::Large);
            return false;
        }
        if granules < held && !self.params.lazy {
            self.shorten(&mut state, span, granules);
            let less = charged.saturating_sub(charge);
            state.budget.release(less);
            record.set_charge(charged - less);
        }
        self.charge(&mut state, span, charge.saturating_sub(charged));
        state.live_large.remove(was);
        state.live_large.add(charge);
        self.readvise(span, before);
        record.set_requested(requested);
        record.set_kind(Kind::Large);
        true
    }

    /// Takes back what was split off a live span and waits in the pool, if the two have room for `granules`, not more
    /// than twice, and may be charged `charge`.
    fn absorb_tail(
        &self,
        state: &mut Guard<'_, State>,
        span: NonNull<Span>,
        granules: usize,
        charge: usize,
    ) {
        let Some(next) = self.neighbour_after(span) else {
            return;
        };
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // SAFETY: as above.
        let tail = unsafe { next.as_ref() };
        // SAFETY: we hold the lock.
        let is_tail = tail.kind() == Kind::Pooled && unsafe { place(next) }.tail;
        let whole = record.granules() + tail.granules();
        let fits = (granules..=granules.saturating_mul(2)).contains(&whole)
            && record.charge() + tail.charge() + state.budget.left() >= charge;
        if is_tail && fits {
            // SAFETY: we hold the lock, and pooled spans are in the pool.
            unsafe { state.pool.remove(next) };
            self.lend(state, next);
            self.merge(state, span, next);
            self.list_all(span);
        }
    }

    /// Makes the span of a slab's only block, live and in place, one of at least `granules` and charged at least
    /// `charge`: of a large block, described already, or of a slab. `false` if that is not possible; then nothing
    /// has changed.
    pub(crate) fn convert(
        &self,
        span: NonNull<Span>,
        granules: usize,
        charge: usize,
        kind: Kind,
    ) -> bool {
        let mut state = self.lock();
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let more = charge.saturating_sub(record.charge());
        if more > state.budget.left()
            || (granules > record.granules() && !self.lengthen(&mut state, span, granules))
        {
            return false;
        }
        self.charge(&mut state, span, more);
        if kind == Kind::Large {
            state.live_large.add(charge);
            self.advise(span);
        }
        record.set_kind(kind);
        true
    }

    /// Lengthens a live span to `granules` by the free span behind it and by the region's untouched end; `false`
    /// if they do not suffice.
    fn lengthen(&self, state: &mut Guard<'_, State>, span: NonNull<Span>, granules: usize) -> bool {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let held = record.granules();
        let next = self.neighbour_after(span).filter(|next| {
            // SAFETY: records are type-stable.
            unsafe { next.as_ref() }.kind() == Kind::Free
        });
        // SAFETY: records are type-stable.
        let free = next.map_or(0, |next| unsafe { next.as_ref() }.granules());
        // SAFETY: we hold the lock.
        let region = self.region(unsafe { place(span) }.region.into());
        let first = region.granule_of(record.start());
        let lack = granules.saturating_sub(held + free);
        if lack > 0 {
            let reaches = first + held + free == region.fresh();
            if !reaches
                || lack > region.unused()
                || !region.commit(self.os, (first + granules) * GRANULE)
            {
                return false;
            }
        }
        if let Some(next) = next {
            // SAFETY: we hold the lock, and free spans are in `free`.
            unsafe { state.free.remove(next) };
            if lack == 0
                && let Some(tail) = self.split(state, next, granules - held, 1)
            {
                // SAFETY: we hold the lock, and the tail is new.
                unsafe { state.free.insert(tail) };
            }
            self.merge(state, span, next);
        }
        if lack > 0 {
            region.set_fresh(first + granules);
            record.set_range(record.start(), granules);
            // SAFETY: we hold the lock.
            unsafe { place(span) }.listed = false;
        }
        self.lend_granules(state, region, first + held..first + record.granules());
        self.list_all(span);
        true
    }

    /// Frees what a live span has beyond `granules`.
    fn shorten(&self, state: &mut Guard<'_, State>, span: NonNull<Span>, granules: usize) {
        if let Some(tail) = self.split(state, span, granules, 1) {
            // The block's holder may have written to it, whatever it was when the span was taken.
            self.lay_down(state, tail, |_| Age::COLD);
            self.free_span(state, tail);
        }
    }
}
