//! A region: one reservation, its page directory, the ages of its granules, and how far it is committed.
//!
//! Invariants, checked by `Region::validate`: `base` is aligned to the arena's alignment, at least [`GRANULE`]; bytes
//! before `committed` can be read and written; `fresh * GRANULE <= committed <= granules * GRANULE`, and no span
//! reaches past `fresh`.

use core::ptr::{self, NonNull};
use std::io;

use super::age::Age;
use super::span::{GRANULE, Span};
use crate::config::HugePages;
use crate::sync::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use crate::sys::{Os, PAGE_MAX};

/// Least number of bytes committed at once. Committed space is never uncommitted: that would split
/// mappings, whose number the system bounds.
const COMMIT_STEP: usize = 2 << 20;
/// The unit of advice: a huge page of most systems, and a multiple or a part of any other's.
pub(crate) const HUGE_PAGE: usize = 2 << 20;

/// Bytes that a granule takes beside its memory: its entry and its ages.
pub(super) const BESIDE_GRANULE: usize = size_of::<AtomicPtr<Span>>() + 1 + PAGES_MOST;

/// Pages of a granule, where pages are smallest.
const PAGES_MOST: usize = GRANULE / 4_096;

pub(crate) struct Region {
    /// The reservation: `mapping <= base`, and `base + granules * GRANULE <= mapping + mapping_bytes`.
    mapping: NonNull<u8>,
    mapping_bytes: usize,
    /// First byte of the first granule.
    base: NonNull<u8>,
    granules: usize,
    /// Advise for huge pages whatever is committed.
    advise_huge: bool,
    /// An entry a granule: the span that covers it, null where none ever did. Touched lazily.
    directory: NonNull<AtomicPtr<Span>>,
    /// The directory's mapping, in which the ages follow it.
    directory_bytes: usize,
    /// An [`Age`] a granule, changed under the arena's lock. Behind them [`PAGES_MOST`] a granule: of the pages of slabs,
    /// under the locks of their classes.
    ages: NonNull<AtomicU8>,
    /// Granules before this one have been handed out at least once: `fresh <= granules`. Changed under the arena's lock.
    fresh: AtomicUsize,
    /// Bytes: `fresh * GRANULE <= committed <= granules * GRANULE`. Changed under the arena's lock.
    committed: AtomicUsize,
}

impl Region {
    /// Reserves `bytes` (rounded up to granules) aligned to `align`, and a directory for them. Of `huge` it does what
    /// concerns the whole.
    pub(super) fn reserve(
        os: &'static dyn Os,
        bytes: usize,
        align: usize,
        huge: HugePages,
    ) -> io::Result<Self> {
        let too_large = || io::Error::from_raw_os_error(libc::ENOMEM);
        let align = align.max(match huge {
            HugePages::Always | HugePages::Large => HUGE_PAGE,
            HugePages::System | HugePages::Never => GRANULE,
        });
        let bytes = bytes
            .checked_next_multiple_of(GRANULE)
            .ok_or_else(too_large)?;
        // The reservation starts on a page; a slack of one alignment finds an aligned base in it.
        let mapping_bytes = bytes
            .checked_add(align)
            .filter(|&b| b <= isize::MAX as usize)
            .ok_or_else(too_large)?;
        let mapping = os.reserve(mapping_bytes)?;
        let granules = bytes / GRANULE;
        let entries = granules * size_of::<AtomicPtr<Span>>();
        let ages = granules * (1 + PAGES_MOST);
        let directory_bytes = (entries + ages).next_multiple_of(PAGE_MAX);
        let directory = match os.map(directory_bytes) {
            Ok(directory) => directory,
            Err(error) => {
                // SAFETY: this is the whole reservation, and nobody knows of it.
                unsafe { os.unmap(mapping, mapping_bytes) };
                return Err(error);
            }
        };
        let slack = mapping.as_ptr().addr().next_multiple_of(align) - mapping.as_ptr().addr();
        // SAFETY: `slack < align`, and the mapping is longer than that.
        let base = unsafe { mapping.add(slack) };
        let committed = AtomicUsize::new(0);
        if matches!(huge, HugePages::Never | HugePages::Large) {
            // SAFETY: this is the whole reservation.
            unsafe { os.advise_huge(mapping, mapping_bytes, false) };
        }
        Ok(Self {
            mapping,
            mapping_bytes,
            base,
            granules,
            advise_huge: huge == HugePages::Always,
            directory: directory.cast(),
            directory_bytes,
            // SAFETY: the mapping holds the entries, and the ages behind them.
            ages: unsafe { directory.add(entries) }.cast(),
            fresh: AtomicUsize::new(0),
            committed,
        })
    }

    /// Gives everything back.
    ///
    /// # Safety
    ///
    /// No block, span or entry of the region is used again.
    pub(super) unsafe fn unmap(&self, os: &dyn Os) {
        // SAFETY: the whole reservation, by the caller not used again.
        unsafe { os.unmap(self.mapping, self.mapping_bytes) };
        // SAFETY: as above.
        unsafe { os.unmap(self.directory.cast(), self.directory_bytes) };
    }

    /// First byte, number of granules, and the first of as many entries.
    pub(super) fn directory(&self) -> (NonNull<u8>, usize, NonNull<AtomicPtr<Span>>) {
        (self.base, self.granules, self.directory)
    }

    /// First byte.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Bytes that can be read and written, from the base on.
    #[inline]
    pub(crate) fn committed(&self) -> usize {
        // A block's address reaches other threads only after the commit, by way of their own
        // synchronisation; a stale value merely sends a free through the slow path.
        self.committed.load(Ordering::Relaxed)
    }

    /// Whether `address` is one of the region's that may have been handed out.
    #[inline]
    pub(crate) fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base.as_ptr().addr()) < self.committed()
    }

    /// Granules handed out at least once: those before this index.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.load(Ordering::Relaxed)
    }

    /// Records that the granules before `fresh` have been handed out.
    pub(super) fn set_fresh(&self, fresh: usize) {
        self.fresh.store(fresh, Ordering::Relaxed);
    }

    /// Granules never handed out.
    pub(super) fn unused(&self) -> usize {
        self.granules - self.fresh()
    }

    /// The span that covers `address`, if one ever did and its record still says so.
    #[inline]
    pub(crate) fn span_at(&self, address: usize) -> Option<NonNull<Span>> {
        let span = self.last_span_at(address)?;
        // SAFETY: entries lead to records, which are type-stable.
        let record = unsafe { span.as_ref() };
        (address.wrapping_sub(record.start()) < record.bytes()).then_some(span)
    }

    /// The span that covered `address` last, if any did: it may not any more.
    #[inline]
    pub(crate) fn last_span_at(&self, address: usize) -> Option<NonNull<Span>> {
        if !self.contains(address) {
            return None;
        }
        let granule = (address - self.base.as_ptr().addr()) / GRANULE;
        // Acquire pairs with the Release in `list`: the record behind an entry is initialised.
        NonNull::new(self.entry(granule).load(Ordering::Acquire))
    }

    /// A pointer to `address`, derived from the region's base.
    pub(crate) fn pointer(&self, address: usize) -> *mut u8 {
        self.base
            .as_ptr()
            .wrapping_add(address - self.base.as_ptr().addr())
    }

    /// The span whose entry stands at granule `granule`; null if none ever covered it, or beyond the region.
    pub(super) fn span_of_granule(&self, granule: usize) -> *mut Span {
        if granule < self.fresh() {
            self.entry(granule).load(Ordering::Relaxed)
        } else {
            ptr::null_mut()
        }
    }

    /// Writes the span's directory entries: of every granule, or of the first and last alone.
    pub(super) fn list(&self, span: NonNull<Span>, every: bool) {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let first = self.granule_of(record.start());
        let last = first + record.granules() - 1;
        let publish = |granule: usize| {
            // Release pairs with the Acquire in `last_span_at` and in `Home::record_at`.
            self.entry(granule).store(span.as_ptr(), Ordering::Release);
        };
        if every {
            (first..=last).for_each(publish);
        } else {
            publish(first);
            publish(last);
        }
    }

    /// Index of the granule that holds `address`, which lies in the region.
    pub(super) fn granule_of(&self, address: usize) -> usize {
        (address - self.base.as_ptr().addr()) / GRANULE
    }

    /// Makes the first `bytes` usable; `false` if the system refuses.
    pub(super) fn commit(&self, os: &dyn Os, bytes: usize) -> bool {
        let committed = self.committed.load(Ordering::Relaxed);
        if bytes <= committed {
            return true;
        }
        let step = COMMIT_STEP.max(committed / 8);
        let generous = bytes
            .max(committed + step)
            .next_multiple_of(COMMIT_STEP)
            .min(self.granules * GRANULE);
        for target in [generous, bytes] {
            // SAFETY: `committed < target <= granules * GRANULE`, so the pointer stays in the region.
            let start = unsafe { self.base.add(committed) };
            // SAFETY: the range lies in this region's reservation.
            if unsafe { os.commit(start, target - committed) }.is_ok() {
                if self.advise_huge {
                    self.advise(os, committed, target);
                }
                self.committed.store(target, Ordering::Relaxed);
                return true;
            }
        }
        false
    }

    /// Advises for huge pages from byte `from` to byte `to`, whole ones only.
    fn advise(&self, os: &dyn Os, from: usize, to: usize) {
        let (from, to) = (from / HUGE_PAGE * HUGE_PAGE, to / HUGE_PAGE * HUGE_PAGE);
        if from < to {
            // SAFETY: `from < to <= granules * GRANULE`.
            let start = unsafe { self.base.add(from) };
            // SAFETY: the range lies in this region's reservation.
            unsafe { os.advise_huge(start, to - from, true) };
        }
    }

    /// First byte of a granule.
    pub(super) fn granule_start(&self, granule: usize) -> NonNull<u8> {
        debug_assert!(granule < self.granules);
        // SAFETY: the granule lies in the region.
        unsafe { self.base.add(granule * GRANULE) }
    }

    /// How the granule's memory stands.
    pub(super) fn age(&self, granule: usize) -> Age {
        Age::of(self.age_byte(granule).load(Ordering::Relaxed))
    }

    /// Says how the granule's memory stands.
    pub(super) fn set_age(&self, granule: usize, age: Age) {
        self.age_byte(granule).store(age.byte(), Ordering::Relaxed);
    }

    /// The ages of the pages from the granule on.
    pub(super) fn page_ages(&self, granule: usize) -> *mut u8 {
        debug_assert!(granule < self.granules);
        let pages = self.granules + granule * PAGES_MOST;
        // SAFETY: the mapping holds `PAGES_MOST` ages a granule behind the granules' own.
        unsafe { self.ages.add(pages) }.cast().as_ptr()
    }

    fn age_byte(&self, granule: usize) -> &AtomicU8 {
        debug_assert!(granule < self.granules);
        // SAFETY: callers stay below `granules`, and there is a byte for each.
        let age = unsafe { self.ages.add(granule) };
        // SAFETY: the mapping lives as long as the region, zero at first, which is an age.
        unsafe { age.as_ref() }
    }

    fn entry(&self, granule: usize) -> &AtomicPtr<Span> {
        debug_assert!(granule < self.granules);
        // SAFETY: callers stay below `granules`, and there is an entry for each.
        let entry = unsafe { self.directory.add(granule) };
        // SAFETY: the mapping lives as long as the region, zero at first, which is a null pointer.
        unsafe { entry.as_ref() }
    }
}

#[cfg(any(test, fuzzing))]
impl Region {
    /// Panics if an invariant of the module does not hold. The arena's lock is held.
    pub(super) fn validate(&self, align: usize) {
        let (base, start) = (self.base.as_ptr().addr(), self.mapping.as_ptr().addr());
        assert!(base.is_multiple_of(align.max(GRANULE)), "{base:#x}");
        assert!(start <= base && base + self.granules * GRANULE <= start + self.mapping_bytes);
        assert!(self.fresh() * GRANULE <= self.committed());
        assert!(self.committed() <= self.granules * GRANULE);
        for granule in self.fresh()..self.granules.min(self.fresh() + 64) {
            assert!(
                self.age(granule) == Age::UNTOUCHED
                    && self.entry(granule).load(Ordering::Relaxed).is_null(),
                "granule {granule} was never handed out"
            );
        }
    }
}
