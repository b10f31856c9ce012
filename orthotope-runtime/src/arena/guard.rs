//! Guard pages: the first and the last page of a large block's span, which nobody can touch while the block is live or
//! parked. And how such a block is freed: by whoever has claimed it, so that nothing of it is read that another thread
//! may be guarding at this moment.
//!
//! A guard splits a mapping, whose number the system bounds: where it refuses, the block goes without. Where it refuses to
//! give one back, the span is set aside, and every tick asks again.
//!
//! Invariant: all of a span can be read and written, unless it is a live or parked large block's.

use core::mem;
use core::ptr::{self, NonNull};

use super::span::place;
use super::{Arena, Kind, Span, State};
use crate::sys::{Guard, page_bytes};

impl Arena {
    /// Makes the first and the last page of a large block's span unusable.
    ///
    /// # Safety
    ///
    /// Nobody needs what is there, until the span is given back.
    pub(crate) unsafe fn guard(&self, span: NonNull<Span>) {
        // SAFETY: records are type-stable.
        let bytes = unsafe { span.as_ref() }.bytes();
        for offset in [0, bytes - page_bytes()] {
            if let Some(page) = NonNull::new(self.pointer(span, offset)) {
                // SAFETY: the page is committed, the span's, and nobody's to use.
                let _ = unsafe { self.os.protect(page, page_bytes()) };
            }
        }
    }

    /// Makes all of a span usable again. `false` if the system refuses.
    pub(super) fn unguard(&self, span: NonNull<Span>) -> bool {
        // SAFETY: records are type-stable.
        let bytes = unsafe { span.as_ref() }.bytes();
        NonNull::new(self.pointer(span, 0))
            // SAFETY: a span lies in one region's reservation.
            .is_some_and(|start| unsafe { self.os.commit(start, bytes) }.is_ok())
    }

    /// Keeps a freed span whose guards the system would not give back.
    pub(super) fn set_aside(&self, state: &mut Guard<'_, State>, span: NonNull<Span>) {
        // SAFETY: the lock is held, and nobody else has the span.
        unsafe { place(span) }.next = mem::replace(&mut state.guarded, span.as_ptr());
    }

    /// Asks again for the guards of what was set aside. Whether any of it is left.
    pub(super) fn settle_guarded(&self) -> bool {
        let mut state = self.lock();
        let mut next = mem::replace(&mut state.guarded, ptr::null_mut());
        while let Some(span) = NonNull::new(next) {
            // SAFETY: the lock is held.
            next = unsafe { place(span) }.next;
            self.settle_freed(&mut state, span);
        }
        !state.guarded.is_null()
    }

    /// The span of the live large block whose payload starts at `address`, out of everybody else's reach: until it is
    /// given back or [`unclaim`](Self::unclaim)ed, whoever frees it is refused.
    pub(crate) fn claim_large(&self, address: usize) -> Option<NonNull<Span>> {
        let span = self.span_at(address)?;
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.claim(address).then_some(span)
    }

    /// Leaves a claimed block live, or makes it that.
    pub(crate) fn unclaim(&self, span: NonNull<Span>) {
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.unclaim();
    }

    /// Frees a claimed block, to which the caller's lane leads.
    pub(crate) fn park_claimed(&self, span: NonNull<Span>) {
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_kind(Kind::Parked);
    }

    /// Takes back a claimed block that counted for `live_bytes`.
    pub(crate) fn give_claimed(&self, span: NonNull<Span>, live_bytes: usize) {
        let mut state = self.lock();
        let (region, granules) = self.granules_of(span);
        self.bring_back(&mut state, span, live_bytes);
        drop(state);
        self.drop_eagerly(region, granules);
    }

    /// Whether the granule at `address` ever held a block.
    pub(crate) fn was_used(&self, address: usize) -> bool {
        self.region_of(address)
            .is_some_and(|region| region.granule_of(address) < region.fresh())
    }
}
