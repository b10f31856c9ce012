//! The arena's side of its lanes: what a thread may do there, and what becomes of what is swept.

use core::ptr::NonNull;

use super::lanes::park;
use super::{Arena, Lane, Span, State};
use crate::sys::Guard;

impl Arena {
    /// A lane for one thread.
    pub(crate) fn take_lane(&self) -> Lane {
        self.lanes.take()
    }

    /// Ends a thread's right to its lane. What is parked there stays until it is swept or found.
    pub(crate) fn give_lane(&self, lane: Lane) {
        self.lanes.give(lane);
    }

    /// Makes the lane lead to the large block in `span`, for [`park`](Self::park). `false` if it cannot: the span is
    /// charged more than `live_bytes`, the place is another parked span's, or memory goes back as soon as it is free.
    pub(crate) fn has_place(&self, lane: Lane, span: NonNull<Span>, live_bytes: usize) -> bool {
        !self.params.eager && self.lanes.has_place(lane, span, live_bytes)
    }

    /// Frees the large block in `span`, to which the caller's lane leads. `false` if it was freed already.
    pub(crate) fn park(&self, span: NonNull<Span>) -> bool {
        park(span)
    }

    /// The parked span of exactly `granules` and `charge`, if the lane has one: a large block again.
    pub(crate) fn retake(
        &self,
        lane: Lane,
        granules: usize,
        charge: usize,
    ) -> Option<NonNull<Span>> {
        self.lanes.retake(lane, granules, charge)
    }

    /// The same, claimed: no free finds it until its new payload is described and it is [`unclaim`](Self::unclaim)ed.
    pub(crate) fn retake_claimed(
        &self,
        lane: Lane,
        granules: usize,
        charge: usize,
    ) -> Option<NonNull<Span>> {
        self.lanes.retake_claimed(lane, granules, charge)
    }

    /// Gives every parked span to the pool, or to the free ones.
    pub(super) fn sweep(&self, state: &mut Guard<'_, State>) {
        self.lanes.sweep(|span| {
            // SAFETY: records are type-stable.
            let live_bytes = unsafe { span.as_ref() }.charge();
            self.bring_back(state, span, live_bytes);
        });
    }
}
