//! The pages of a slab: which of them hold no live block, for how long, and when they go back to the system.
//!
//! A page may go though its slab lives: what is live of a slab is often scattered thinly, and giving back only
//! whole free slabs leaves most of its memory where it is. No link runs through a block, so nothing is lost.
//!
//! Invariants, checked by `validate`: a page that a block handed out lies on, wholly or in part, is `USED`;
//! `spare_pages == Σ 1` over pages that are not; a page that was marked or dropped makes its slab `purged`.

use core::ops::Range;
use core::ptr::NonNull;

use super::{Geometry, Taken, states};
use crate::arena::{Age, Arena, GRANULE, Schedule, SlabState, Span, Step, Tick, slab_of};
use crate::sys::page_bytes;

/// What a tick found in one slab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SlabTick {
    pub(crate) tick: Tick,
    /// Pages that are not resident any more.
    pub(crate) unbacked: usize,
    /// No page holds a live block, and none did for a whole tick.
    pub(crate) settled: bool,
}

/// Sets up the pages of a slab that was just taken. Returns how many may be resident.
///
/// # Safety
///
/// The caller alone knows the span.
pub(super) unsafe fn open(span: NonNull<Span>, arena: &Arena) -> usize {
    // SAFETY: the caller alone knows the span.
    let slab = unsafe { slab_of(span) };
    slab.ages = arena.page_ages(span);
    let pages = GRANULE / page_bytes();
    let mut backed = 0;
    slab.spare_pages = 0;
    slab.purged = false;
    // SAFETY: records are type-stable.
    for granule in 0..unsafe { span.as_ref() }.granules() {
        let age = match arena.age_of(span, granule) {
            Age::LENT_CLEAN => Age::UNTOUCHED,
            _ => Age::USED,
        };
        if age == Age::USED {
            backed += pages;
        } else {
            slab.spare_pages += pages as u32;
        }
        set_all(slab, granule * pages..(granule + 1) * pages, age);
    }
    backed
}

/// Sets up the pages of a slab whose only block is live. Returns how many may be resident: all.
///
/// # Safety
///
/// The caller alone knows the span, but for the block.
pub(super) unsafe fn open_live(span: NonNull<Span>, arena: &Arena) -> usize {
    // SAFETY: the caller alone knows the span.
    let slab = unsafe { slab_of(span) };
    slab.ages = arena.page_ages(span);
    slab.spare_pages = 0;
    slab.purged = false;
    // SAFETY: records are type-stable.
    let pages = unsafe { span.as_ref() }.bytes() / page_bytes();
    set_all(slab, 0..pages, Age::USED);
    pages
}

/// How the memory of a slab stands that goes back to the arena.
#[derive(Clone, Copy)]
pub(crate) struct Ages {
    ages: *const u8,
    granules: usize,
    /// No page has another age than `USED`.
    used: bool,
}

impl Ages {
    /// # Safety
    ///
    /// The span is a slab, and the caller holds the lock of its class. The slab is the class's, or the caller's alone,
    /// for as long as the ages are asked.
    pub(crate) unsafe fn of(span: NonNull<Span>) -> Self {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // SAFETY: the caller holds the lock.
        let slab = unsafe { record.slab() };
        Self {
            ages: slab.ages,
            granules: record.granules(),
            used: slab.spare_pages == 0,
        }
    }

    fn page(self, index: usize) -> Age {
        // SAFETY: a slab has an age for each page of its granules; callers stay below.
        let place = unsafe { self.ages.add(index) };
        // SAFETY: as above, and nobody changes it meanwhile, by the promise of `of`.
        Age::of(unsafe { *place })
    }

    /// The age of the granule at `index`, below the slab's number: that of its youngest page.
    pub(crate) fn granule(self, index: usize) -> Age {
        debug_assert!(index < self.granules);
        if self.used {
            return Age::COLD;
        }
        let pages = GRANULE / page_bytes();
        (index * pages..(index + 1) * pages)
            .map(|page| self.page(page))
            .filter(|age| !age.is_clean())
            .map(|age| age.max(Age::COLD))
            .min()
            .unwrap_or(Age::DROPPED)
    }

    /// Pages that may be resident.
    pub(crate) fn backed(self) -> usize {
        let pages = self.granules * (GRANULE / page_bytes());
        if self.used {
            return pages;
        }
        (0..pages)
            .filter(|&page| !self.page(page).is_clean())
            .count()
    }
}

/// Marks the pages of blocks that are handed out as used. Returns how many of them were not resident.
#[inline]
pub(super) fn touch(
    slab: &mut SlabState,
    geometry: &Geometry,
    lead: usize,
    blocks: Range<usize>,
) -> usize {
    if slab.spare_pages == 0 || blocks.is_empty() {
        return 0;
    }
    let page = page_bytes();
    let first = (lead + blocks.start * geometry.stride) / page;
    let last = (lead + blocks.end * geometry.stride - 1) / page;
    let mut backed = 0;
    for index in first..=last {
        let age = get(slab, index);
        if age != Age::USED {
            set(slab, index, Age::USED);
            slab.spare_pages -= 1;
            backed += usize::from(age.is_clean());
        }
    }
    backed
}

/// Accounts for `count` blocks that were just taken from the free set.
///
/// # Safety
///
/// The caller holds the lock of the slab's class; `out` holds so many of its blocks.
#[inline]
pub(super) unsafe fn note_taken(
    record: &Span,
    geometry: &Geometry,
    out: *const *mut u8,
    count: usize,
) -> Taken {
    // SAFETY: the caller holds the lock.
    let slab = unsafe { record.slab() };
    let mut backed = 0;
    if slab.spare_pages > 0 {
        for taken in 0..count {
            // SAFETY: the caller's promise.
            let offset = unsafe { *out.add(taken) }.addr() - record.first().addr();
            let index = geometry.index(offset);
            let lead = lead(record, geometry);
            backed += touch(slab, geometry, lead, index..index + 1);
        }
    }
    Taken {
        blocks: count,
        backed,
    }
}

/// One tick of the purge's clock over the pages of a slab.
///
/// # Safety
///
/// The caller holds the lock of the slab's class.
pub(crate) unsafe fn tick(
    span: NonNull<Span>,
    geometry: &Geometry,
    arena: &Arena,
    schedule: Schedule,
) -> SlabTick {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller holds the lock.
    let slab = unsafe { record.slab() };
    let lead = lead(record, geometry);
    let schedule = arena.page_schedule(schedule);
    let page = page_bytes();
    let mut found = SlabTick {
        settled: true,
        ..SlabTick::default()
    };
    // Pages in a row of which the same is to be asked.
    let mut run = 0..0;
    let mut wanted = Step::Rest;
    let mut older = Age::USED;
    let settle =
        |found: &mut SlabTick, slab: &mut SlabState, run: Range<usize>, wanted: Step, age: Age| {
            if geometry.tracked && matches!(wanted, Step::Mark | Step::Drop) {
                // SAFETY: we hold the lock, and the run's pages hold no block that is out.
                unsafe { states::fade(record, geometry, run.start * page..run.end * page) };
            }
            // SAFETY: as above.
            unsafe { settle_run(found, span, slab, arena, run, wanted, age) };
        };
    for index in 0..record.bytes() / page {
        if !is_free(slab, geometry, lead, index * page..(index + 1) * page) {
            found.settled = false;
            continue;
        }
        let age = get(slab, index);
        if age.is_clean() {
            continue;
        }
        let (age, step) = schedule.step(age.max(Age::COLD));
        if (age, step) != (older, wanted) || run.end != index {
            settle(&mut found, slab, run.clone(), wanted, older);
            (run, wanted, older) = (index..index, step, age);
        }
        run.end = index + 1;
        found.tick.pending |= schedule.has_more_for(age);
        found.settled &= age.is_clean() || age >= Age::SETTLED;
    }
    settle(&mut found, slab, run, wanted, older);
    found
}

/// Does what a tick wants of a run of pages.
///
/// # Safety
///
/// The caller holds the lock of the slab's class, and no block that is out lies on the pages.
unsafe fn settle_run(
    found: &mut SlabTick,
    span: NonNull<Span>,
    slab: &mut SlabState,
    arena: &Arena,
    run: Range<usize>,
    wanted: Step,
    age: Age,
) {
    if run.is_empty() {
        return;
    }
    let page = page_bytes();
    let bytes = run.len() * page;
    if matches!(wanted, Step::Mark | Step::Drop) {
        slab.purged = true;
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_marked_bytes(0);
    }
    // SAFETY: the caller's promise.
    let agreed = unsafe { arena.ask(span, run.start * page, bytes, wanted) };
    let age = wanted.leaves(age, agreed);
    for index in run {
        if get(slab, index) == Age::USED {
            slab.spare_pages += 1;
        }
        if age == Age::DROPPED {
            found.unbacked += 1;
            found.tick.dropped += page;
        }
        set(slab, index, age);
    }
}

/// Whether no block that is out lies on `bytes` of the slab's span.
fn is_free(slab: &SlabState, geometry: &Geometry, lead: usize, bytes: Range<usize>) -> bool {
    if bytes.end <= lead {
        return true;
    }
    let first = geometry.index(bytes.start.saturating_sub(lead));
    let last = geometry.index(bytes.end - 1 - lead);
    // What was never carved is out of nobody's hands.
    let end = (last + 1).min(slab.carved as usize);
    first >= end || all_set(slab.bits, first..end)
}

/// Whether every bit of a range that is not empty is set.
fn all_set(bits: *const u64, range: Range<usize>) -> bool {
    let (first, last) = (range.start / 64, (range.end - 1) / 64);
    (first..=last).all(|word| {
        let mut wanted = u64::MAX;
        if word == first {
            wanted &= u64::MAX << (range.start % 64);
        }
        if word == last {
            wanted &= u64::MAX >> (63 - (range.end - 1) % 64);
        }
        // SAFETY: callers stay below `carved`, for which the bitmap has bits.
        let bits = unsafe { bits.add(word) };
        // SAFETY: as above.
        unsafe { *bits & wanted == wanted }
    })
}

/// Bytes of the span before its first block, the block's header included in the block.
pub(super) fn lead(record: &Span, geometry: &Geometry) -> usize {
    record.first().addr() - record.start() - geometry.header
}

/// Where the age of a page stands.
fn place(slab: &SlabState, page: usize) -> *mut u8 {
    // SAFETY: callers stay below the span's pages, for each of which the region has an age.
    unsafe { slab.ages.add(page) }
}

fn get(slab: &SlabState, page: usize) -> Age {
    // SAFETY: as in `place`.
    Age::of(unsafe { *place(slab, page) })
}

fn set(slab: &mut SlabState, page: usize, age: Age) {
    // SAFETY: as in `place`, under the lock of the slab's class, as `slab` is.
    unsafe { *place(slab, page) = age.byte() };
}

fn set_all(slab: &mut SlabState, pages: Range<usize>, age: Age) {
    // SAFETY: as in `set`, for each of the pages.
    unsafe { place(slab, pages.start).write_bytes(age.byte(), pages.len()) };
}

/// Panics if an invariant of the module does not hold. The caller holds the lock of the slab's class.
#[cfg(any(test, fuzzing))]
pub(super) fn validate(span: NonNull<Span>, geometry: &Geometry) {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller holds the lock.
    let slab = unsafe { record.slab() };
    let (page, lead) = (page_bytes(), lead(record, geometry));
    let mut spare = 0;
    for index in 0..record.bytes() / page {
        let age = get(slab, index);
        if age == Age::USED {
            continue;
        }
        spare += 1;
        let free = is_free(slab, geometry, lead, index * page..(index + 1) * page);
        assert!(free, "page {index} is {age:?}, and in use");
        let asked = age == Age::DROPPED || age >= Age::SETTLED && age.is_cold();
        assert!(
            !asked || slab.purged || age == Age::REFUSED,
            "page {index} is {age:?}"
        );
    }
    assert_eq!(
        slab.spare_pages, spare,
        "pages that are not used are counted"
    );
}
