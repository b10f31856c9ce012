//! Huge pages for large blocks alone (`huge_pages = "large"`): the arena is advised against them, but for what spans of
//! live and parked large blocks have of whole ones.
//!
//! A span that is taken for a large block of a huge page and more starts at a multiple of one, where there is room. Its advice
//! ends with it: what is cut from the same memory afterwards would become resident in units that it does not fill.
//!
//! Advice splits mappings, whose number the system bounds, and those that it has split it does not always join again:
//! the ends of what was ever advised count as seams. Where there would be too many a block, or what it grows by, goes
//! without.
//!
//! Invariant: the advice given last for a granule is for huge pages only if it lies in the span of a large block whose
//! record says `advised`.

use core::mem;
use core::ops::Range;
use core::ptr::NonNull;

use super::phased::Phase;
use super::region::HUGE_PAGE;
use super::span::place;
use super::{Arena, GRANULE, Region, Span, State};
use crate::config::HugePages;
use crate::sys::Guard;

/// Granules of a huge page.
const UNIT: usize = HUGE_PAGE / GRANULE;

impl Arena {
    /// What a span of `granules` for a large block starts at a multiple of, in bytes, where there is room.
    pub(super) fn placed_at(&self, granules: usize) -> usize {
        if self.params.huge == HugePages::Large && granules >= UNIT {
            HUGE_PAGE
        } else {
            GRANULE
        }
    }

    /// A free span of `granules` for a large block, uncharged.
    pub(super) fn take_placed(
        &self,
        state: &mut Guard<'_, State>,
        granules: usize,
    ) -> Option<NonNull<Span>> {
        let align = self.placed_at(granules);
        if align > GRANULE {
            let placed = self.take_phased(state, granules, Phase::aligned(align));
            if placed.is_some() {
                return placed;
            }
        }
        self.take_free(state, granules)
    }

    /// Advises for what a large block's span has of huge pages. The lock is held.
    pub(super) fn advise(&self, span: NonNull<Span>) {
        if self.params.huge != HugePages::Large {
            return;
        }
        let (region, pages) = self.huge_pages_of(span);
        if pages.is_empty() {
            return;
        }
        let advised = self.split_mappings(span, pages.clone());
        // SAFETY: the caller holds the lock.
        unsafe { place(span) }.advised = advised;
        // Pages that moved here may have brought advice along that would not be taken back.
        self.tell_huge(region, pages, advised);
    }

    /// Takes advice back, if a span has any. The lock is held.
    pub(super) fn unadvise(&self, span: NonNull<Span>) {
        // SAFETY: the caller holds the lock.
        if mem::replace(&mut unsafe { place(span) }.advised, false) {
            let (region, pages) = self.huge_pages_of(span);
            self.tell_huge(region, pages, false);
        }
    }

    /// Advises for what the span of a large block has become, of which `before` were the huge pages. The lock is held.
    pub(super) fn readvise(&self, span: NonNull<Span>, before: Range<usize>) {
        // SAFETY: the caller holds the lock.
        if !unsafe { place(span) }.advised {
            self.advise(span);
            return;
        }
        let (region, pages) = self.huge_pages_of(span);
        if pages.is_empty() {
            // SAFETY: the caller holds the lock.
            unsafe { place(span) }.advised = false;
            self.tell_huge(region, before, false);
        } else if pages.end < before.end {
            // Refused, its end is a seam that is not known: a move finds it.
            self.split_mappings(span, pages.clone());
            self.tell_huge(region, pages.end..before.end, false);
        } else if pages.end > before.end && self.split_mappings(span, pages.clone()) {
            self.tell_huge(region, before.end..pages.end, true);
            // SAFETY: the caller holds the lock.
            let index = usize::from(unsafe { place(span) }.region);
            self.seams.join(index, before.end);
        }
    }

    /// The region of a span, and the granules there of the huge pages that lie whole in it, between its guards. The lock is
    /// held.
    pub(super) fn huge_pages_of(&self, span: NonNull<Span>) -> (&Region, Range<usize>) {
        let (region, mut granules) = self.granules_of(span);
        if self.params.guarded {
            granules = granules.start + 1..granules.end - 1;
        }
        // The base of a region is a multiple of a huge page where this is asked in earnest.
        let pages = granules.start.next_multiple_of(UNIT)..granules.end / UNIT * UNIT;
        (region, pages)
    }

    /// Records that mappings are split at both ends of some granules of a span's region. `false` if they must not be.
    fn split_mappings(&self, span: NonNull<Span>, granules: Range<usize>) -> bool {
        // SAFETY: callers hold the lock.
        let index = usize::from(unsafe { place(span) }.region);
        self.seams.prepare(index, self.region(index), &self.meta)
            && self.seams.split(index, granules)
    }

    fn tell_huge(&self, region: &Region, granules: Range<usize>, wanted: bool) {
        if !granules.is_empty() {
            let start = region.granule_start(granules.start);
            // SAFETY: the granules lie in the region's reservation.
            unsafe { self.os.advise_huge(start, granules.len() * GRANULE, wanted) };
        }
    }
}
