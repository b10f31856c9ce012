//! Spans that start where they are told to within a unit: for blocks of a large alignment, and for those whose
//! pages move.
//!
//! What such a span leaves over before and behind it stays free: it costs address space for the search alone.

use core::ptr::NonNull;

use super::{Arena, GRANULE, Kind, LargeSpan, Span, State};
use crate::sys::Guard;

/// Where a span has to start: `offset` bytes behind a multiple of `unit`. Both are multiples of a granule, `unit` a
/// power of two.
#[derive(Clone, Copy)]
pub(super) struct Phase {
    unit: usize,
    offset: usize,
}

impl Phase {
    /// At a multiple of `align`, or at any granule if that is coarser.
    pub(super) fn aligned(align: usize) -> Self {
        Self {
            unit: align.max(GRANULE),
            offset: 0,
        }
    }

    /// As far behind a multiple of `unit` as `address` is.
    pub(super) fn like(address: usize, unit: usize) -> Self {
        let unit = unit.max(GRANULE);
        Self {
            unit,
            offset: address & (unit - 1),
        }
    }

    /// Granules from `start` to the next place.
    fn lead(self, start: usize) -> usize {
        (self.offset.wrapping_sub(start) & (self.unit - 1)) / GRANULE
    }

    /// Granules among which one such place is certain to be followed by `granules`.
    fn room(self, granules: usize) -> Option<usize> {
        granules.checked_add(self.unit / GRANULE - 1)
    }
}

/// Granules of free space that a span of `granules`, aligned to `align`, is certain to be found in.
pub(crate) fn room_for(granules: usize, align: usize) -> usize {
    Phase::aligned(align).room(granules).unwrap_or(usize::MAX)
}

impl Arena {
    /// As [`take_large`](Self::take_large), with a span that starts at a multiple of `align`. Not where freed blocks
    /// wait in the pool.
    pub(crate) fn take_large_aligned(
        &self,
        granules: usize,
        charge: usize,
        align: usize,
    ) -> Option<LargeSpan> {
        if align <= GRANULE {
            return self.take_large(granules, charge);
        }
        debug_assert!(!self.params.lazy);
        let mut state = self.lock();
        if state.budget.left() < charge {
            return None;
        }
        let placed = align.max(self.placed_at(granules));
        let span = self
            .take_phased(&mut state, granules, Phase::aligned(placed))
            .or_else(|| {
                let less = Phase::aligned(align);
                (placed > align)
                    .then(|| self.take_phased(&mut state, granules, less))
                    .flatten()
            })?;
        self.charge(&mut state, span, charge);
        Some(self.hand_over(&mut state, span, charge))
    }

    /// A span of exactly `granules` (more where no record for the rest could be had) that starts at `phase`,
    /// uncharged. Its kind is `Dead`: nobody joins or frees it until it gets another.
    pub(super) fn take_phased(
        &self,
        state: &mut Guard<'_, State>,
        granules: usize,
        phase: Phase,
    ) -> Option<NonNull<Span>> {
        // What was given back by a block of the same kind fits as it is.
        let ready = state.free.best_fit(granules, 0).filter(|span| {
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            phase.lead(record.start()) + granules <= record.granules()
        });
        let mut span = match ready {
            Some(span) => {
                // SAFETY: we hold the lock, and the span is in `free`.
                unsafe { state.free.remove(span) };
                span
            }
            None => self.take_free(state, phase.room(granules)?)?,
        };
        // SAFETY: records are type-stable.
        let lead = phase.lead(unsafe { span.as_ref() }.start());
        if lead > 0 {
            let front = span;
            let Some(rest) = self.split(state, front, lead, 1) else {
                self.free_span(state, front);
                return None;
            };
            span = rest;
            // SAFETY: records are type-stable.
            unsafe { span.as_ref() }.set_kind(Kind::Dead);
            self.free_span(state, front);
        }
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_kind(Kind::Dead);
        if let Some(rest) = self.split(state, span, granules, 1) {
            self.free_span(state, rest);
        }
        self.list_all(span);
        Some(span)
    }
}
