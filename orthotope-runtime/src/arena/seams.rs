//! Where mappings meet because pages were moved or advised: a bit a granule, out of band.
//!
//! A range that `mremap` moved stays a mapping of its own at its new place: it does not join its neighbours. Nor does
//! one for certain that had advice of its own (see `huge`). One call
//! moves what lies in one mapping, so a range that has seams is moved piece by piece; and the number of mappings that
//! a process may have is bounded, so the seams are counted.
//!
//! Invariants: a bit is set if a range was moved or advised to start or to end before its granule, and no range was moved over
//! it since; `count` is the number of bits set (`Seams::validate`). A bit that is set in vain costs a call; for seams that are not known
//! (the program's own `madvise`, a fork between two commits) see `Relocation::Split`.

use core::ops::Range;
use core::ptr;

use super::meta::Meta;
use super::{REGIONS, Region};
use crate::sync::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// Seams that one arena may have: an eighth of the mappings that Linux lets a process have by default.
const SEAMS: usize = 8_192;
/// Those up to which advice may add to them: the rest is for what moves.
const SEAMS_OF_ADVICE: usize = SEAMS / 2;

pub(super) struct Seams {
    /// Of each region; null until something is moved or advised there.
    bits: [AtomicPtr<AtomicU64>; REGIONS],
    count: AtomicUsize,
}

impl Seams {
    pub(super) const fn new() -> Self {
        Self {
            bits: [const { AtomicPtr::new(ptr::null_mut()) }; REGIONS],
            count: AtomicUsize::new(0),
        }
    }

    /// Gets memory for the seams of a region; `false` if the system refuses. Under the arena's lock.
    pub(super) fn prepare(&self, index: usize, region: &Region, meta: &Meta) -> bool {
        if !self.bits[index].load(Ordering::Relaxed).is_null() {
            return true;
        }
        // One more than there are granules: the end of the last one.
        let words = (region.fresh() + region.unused()) / 64 + 1;
        let Some(bits) = meta.take(words * size_of::<AtomicU64>()) else {
            return false;
        };
        // Release pairs with the Acquire in `word`: the bits are zero.
        self.bits[index].store(bits.as_ptr().cast(), Ordering::Release);
        true
    }

    /// Whether moving to `to` what has `inner` seams leaves no more than are allowed.
    pub(super) fn allow(&self, inner: usize, region: usize, to: Range<usize>) -> bool {
        let gained = self.gained_by(region, &to);
        let lost = self.count_in(region, to.start + 1..to.end);
        self.count.load(Ordering::Relaxed) + inner + gained <= SEAMS + lost
    }

    /// Records that a range was moved to `to`.
    pub(super) fn moved(&self, region: usize, to: Range<usize>) {
        let mut from = to.start + 1;
        while let Some(seam) = self.first_in(region, from..to.end) {
            self.change(region, seam, false);
            from = seam + 1;
        }
        self.change(region, to.start, true);
        self.change(region, to.end, true);
    }

    /// Records that mappings are split at both ends of a range; `false`, and nothing is, if they would be too many.
    pub(super) fn split(&self, region: usize, range: Range<usize>) -> bool {
        let allowed =
            self.count.load(Ordering::Relaxed) + self.gained_by(region, &range) <= SEAMS_OF_ADVICE;
        if allowed {
            self.change(region, range.start, true);
            self.change(region, range.end, true);
        }
        allowed
    }

    /// Records that the mappings on both sides of a seam are alike again: the system joins them, mostly. One that it does not
    /// join splits a move.
    pub(super) fn join(&self, region: usize, seam: usize) {
        self.change(region, seam, false);
    }

    /// Seams that a range would add at its ends.
    fn gained_by(&self, region: usize, range: &Range<usize>) -> usize {
        [range.start, range.end]
            .iter()
            .filter(|&&end| self.first_in(region, end..end + 1).is_none())
            .count()
    }

    /// Seams in `granules`.
    pub(super) fn count_in(&self, region: usize, granules: Range<usize>) -> usize {
        let mut count = 0;
        let mut from = granules.start;
        while let Some(seam) = self.first_in(region, from..granules.end) {
            count += 1;
            from = seam + 1;
        }
        count
    }

    /// The first seam in `granules`.
    pub(super) fn first_in(&self, region: usize, granules: Range<usize>) -> Option<usize> {
        let mut from = granules.start;
        while from < granules.end {
            let bits = self.word(region, from)?.load(Ordering::Relaxed) >> (from % 64);
            if bits != 0 {
                let seam = from + bits.trailing_zeros() as usize;
                return (seam < granules.end).then_some(seam);
            }
            from = (from / 64 + 1) * 64;
        }
        None
    }

    /// Sets or clears one bit. The one between two ranges may be either's who moves it.
    fn change(&self, region: usize, granule: usize, seam: bool) {
        let Some(word) = self.word(region, granule) else {
            return;
        };
        let bit = 1 << (granule % 64);
        if seam {
            if word.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
                self.count.fetch_add(1, Ordering::Relaxed);
            }
        } else if word.fetch_and(!bit, Ordering::Relaxed) & bit != 0 {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn word(&self, region: usize, granule: usize) -> Option<&AtomicU64> {
        // Acquire pairs with the Release in `prepare`.
        let bits = self.bits[region].load(Ordering::Acquire);
        if bits.is_null() {
            return None;
        }
        // SAFETY: the record has a bit for each of the region's granules and for the end of the last.
        let word = unsafe { bits.add(granule / 64) };
        // SAFETY: it lives as long as the arena, and was zero at first.
        Some(unsafe { &*word })
    }
}

#[cfg(any(test, fuzzing))]
impl Seams {
    /// Panics unless `count` is the number of bits set in the regions, of so many granules each. No pages move meanwhile.
    pub(super) fn validate(&self, granules: impl Iterator<Item = usize>) {
        let set: usize = granules
            .enumerate()
            .map(|(region, granules)| self.count_in(region, 0..granules + 1))
            .sum();
        assert_eq!(
            self.count.load(Ordering::Relaxed),
            set,
            "count is the bits set"
        );
        assert!(set <= SEAMS, "{set} mappings are too many");
    }
}
