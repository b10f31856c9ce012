//! The arena: reserved regions, handed out and taken back as spans.
//!
//! Owns the page directory, the byte budget, best fit, splitting and coalescing, and the memory for
//! all records. Knows nothing of blocks.
//!
//! Read on in this order: `setup`, `span`, `region`, `home`, `bins`, `budget`, `fit`, `slabs`, `phased`, `resize`, `relocate`,
//! `seams`, `huge`, `lanes`, `parked`, `guard`, `age`, `stir`, `purge`, `clear`, `meta`, `counts`.
//!
//! Invariants, checked by `Arena::validate` after every step of the tests:
//! - the spans of a region follow each other without gap or overlap from its base to `fresh`;
//! - a span is in `free` exactly if its kind is `Free`, in `pool` exactly if it is `Pooled`, in a lane's place
//!   if it is `Parked`;
//! - the entries of a span's first and last granule lead to it; of every granule, if it is neither free nor pooled;
//! - the budget's charge is the sum of the spans' charges, and free spans are charged nothing;
//! - granules of free and pooled spans are clean or cold, those of all others neither; `cold` counts the cold ones.

mod age;
mod bins;
mod budget;
mod clear;
mod counts;
mod fit;
mod guard;
mod home;
mod huge;
mod lanes;
mod meta;
mod parked;
mod phased;
mod purge;
mod region;
mod relocate;
mod resize;
mod seams;
mod setup;
mod slabs;
mod span;
mod stir;
#[cfg(any(test, fuzzing))]
mod validate;

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use std::io;

pub(crate) use age::{Age, Schedule, Step, TICKS};
use bins::Bins;
use budget::Budget;
pub(crate) use counts::ArenaCounts;
use counts::LargeCounts;
pub(crate) use home::{Home, index_of_start, reciprocal};
pub(crate) use lanes::Lane;
use lanes::Lanes;
pub(crate) use meta::Meta;
pub(crate) use phased::room_for;
pub(crate) use purge::Tick;
use region::BESIDE_GRANULE;
pub(crate) use region::{HUGE_PAGE, Region};
pub(crate) use relocate::Begun;
use seams::Seams;
pub(crate) use setup::{Ground, write_field, write_fields};
pub(crate) use span::{GRANULE, Kind, SlabState, Span, slab_of};
use stir::Stir;

use crate::config::HugePages;
use crate::sync::{AtomicBool, AtomicUsize, Ordering};
use crate::sys::{Guard, Lock, LockWord, Os};

/// Most regions of one arena. Each further one is as large as all before, so the address space ends first.
const REGIONS: usize = 64;
/// Smallest reservation that a refused one is retried with.
const LEAST_BUDGET: usize = 1 << 20;

/// What an arena is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArenaParams {
    /// Bytes that may be handed out.
    pub(crate) budget: usize,
    /// Bytes of address space beyond the budget, for what rounding to granules takes.
    pub(crate) slack: usize,
    /// Address space that a span may take beyond its charge, in 256ths of the charge.
    pub(crate) spread: usize,
    /// Alignment of every region's base.
    pub(crate) align: usize,
    /// Freed large blocks stay charged and apart until a request does not fit (SPEC section 4).
    /// Otherwise they coalesce at once.
    pub(crate) lazy: bool,
    /// Least remainder, in granules, that is split off a pooled span that is larger than asked for.
    pub(crate) split: usize,
    /// Granules that are given back together, aligned to as many.
    pub(crate) purge_unit: usize,
    /// Free memory is given back as soon as it is free.
    pub(crate) eager: bool,
    /// What the system is advised about huge pages.
    pub(crate) huge: HugePages,
    /// Large blocks have guard pages.
    pub(crate) guarded: bool,
}

pub(crate) struct Arena {
    os: &'static dyn Os,
    params: ArenaParams,
    meta: Meta,
    /// Those before `region_count <= REGIONS` are initialised and never change but for what they guard themselves.
    regions: [UnsafeCell<MaybeUninit<Region>>; REGIONS],
    region_count: AtomicUsize,
    lanes: Lanes,
    /// Whether somebody looks after what becomes free.
    stir: Stir,
    /// Ticks of the purge's clock so far, which stands still while nothing is cold.
    ticks: AtomicUsize,
    seams: Seams,
    /// Pages cannot be moved here: blocks are copied.
    immovable: AtomicBool,
    state: Lock<State>,
}

struct State {
    /// Every span that is `Free`.
    free: Bins,
    /// Every span that is `Pooled`.
    pool: Bins,
    /// `charged == Σ span.charge` over all spans.
    budget: Budget,
    /// Records that describe nothing, all `Dead`, linked by `next`.
    dead: *mut Span,
    /// Spans that were freed and cannot be used yet (see `guard`), linked by `next`: dead, and charged still.
    guarded: *mut Span,
    live_large: LargeCounts,
    /// Granules that hold no block and may be resident: `cold == Σ 1` over granules whose age is cold.
    cold: usize,
}

// SAFETY: what the pointers lead to is reached under the lock alone.
unsafe impl Send for State {}
// SAFETY: regions are written once, before `region_count` is raised past them; all else is behind the lock.
unsafe impl Sync for Arena {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Arena {}

/// A span for a large block.
pub(crate) struct LargeSpan {
    pub(crate) span: NonNull<Span>,
    /// The memory is all zero.
    pub(crate) clean: bool,
}

impl Arena {
    /// Unmaps everything, the records last.
    ///
    /// # Safety
    ///
    /// No block, span or record is used again. `self` may live in a record.
    pub(crate) unsafe fn unmap(&self) {
        for region in self.regions() {
            // SAFETY: the caller gives up every block and span.
            unsafe { region.unmap(self.os) };
        }
        // SAFETY: the caller gives up every record.
        unsafe { self.meta.unmap_all() };
    }

    /// What a fork sees of the locks, in the order in which they nest.
    pub(crate) fn words(&self) -> [&LockWord; 2] {
        [self.state.word(), self.meta.word()]
    }

    /// Memory for records.
    pub(crate) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The region that was reserved first.
    #[inline]
    pub(crate) fn home(&self) -> &Region {
        self.region(0)
    }

    /// The region that holds `address`, if it may have been handed out: mostly the first.
    #[inline]
    pub(crate) fn region_of(&self, address: usize) -> Option<&Region> {
        let home = self.home();
        if home.contains(address) {
            return Some(home);
        }
        self.regions()
            .skip(1)
            .find(|region| region.contains(address))
    }

    /// The span that covers `address`, if any does.
    #[inline]
    pub(crate) fn span_at(&self, address: usize) -> Option<NonNull<Span>> {
        self.region_of(address)?.span_at(address)
    }

    /// A pointer to the byte at `offset` of the span, derived from its region's base.
    pub(crate) fn pointer(&self, span: NonNull<Span>, offset: usize) -> *mut u8 {
        // SAFETY: records are type-stable.
        let address = unsafe { span.as_ref() }.start() + offset;
        self.region_of(address)
            .map_or(ptr::null_mut(), |region| region.pointer(address))
    }

    /// A span of at least `granules` for a large block, charged `charge` bytes; more where a pooled span
    /// brought a greater charge with it. Between guards it comes claimed, as of [`retake_claimed`](Self::retake_claimed).
    pub(crate) fn take_large(&self, granules: usize, charge: usize) -> Option<LargeSpan> {
        let mut state = self.lock();
        if let Some(span) = self.take_pooled(&mut state, granules, charge) {
            return Some(self.hand_over(&mut state, span, charge));
        }
        for attempt in 0..2 {
            if attempt == 1 && !self.consolidate(&mut state) {
                return None;
            }
            if state.budget.left() >= charge
                && let Some(span) = self.take_placed(&mut state, granules)
            {
                self.charge(&mut state, span, charge);
                return Some(self.hand_over(&mut state, span, charge));
            }
        }
        None
    }

    /// Makes a charged span a large block's, which counts for `charge`: at once, or, between guards, once its payload is
    /// described, since a free that comes late would find the one before.
    fn hand_over(
        &self,
        state: &mut Guard<'_, State>,
        span: NonNull<Span>,
        charge: usize,
    ) -> LargeSpan {
        let claimed = self.params.guarded;
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_kind(if claimed { Kind::Dead } else { Kind::Large });
        state.live_large.add(charge);
        self.advise(span);
        let clean = self.lend(state, span);
        LargeSpan { span, clean }
    }

    /// Takes the span at `address` back if it is a large block whose payload starts there and `check` agrees.
    /// One lock over look-up, check and free: of two frees at once, one is told.
    ///
    /// `live_bytes` is what the block counted for, as a function of its requested size.
    pub(crate) fn give_large<E>(
        &self,
        address: usize,
        live_bytes: impl FnOnce(usize) -> usize,
        check: impl FnOnce(&Span) -> Result<(), E>,
        absent: impl FnOnce() -> E,
    ) -> Result<(), E> {
        let mut state = self.lock();
        let Some(span) = self.span_at(address) else {
            return Err(absent());
        };
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        if record.kind() != Kind::Large || record.first().addr() != address {
            return Err(absent());
        }
        check(record)?;
        // Another thread may free it into its lane at this moment, without the lock: one is first.
        if !record.change_kind(Kind::Large, Kind::Dead) {
            return Err(absent());
        }
        let (region, granules) = self.granules_of(span);
        self.bring_back(&mut state, span, live_bytes(record.requested()));
        drop(state);
        self.drop_eagerly(region, granules);
        Ok(())
    }

    /// Takes back a large block that counted for `live_bytes`.
    fn bring_back(&self, state: &mut Guard<'_, State>, span: NonNull<Span>, live_bytes: usize) {
        state.live_large.remove(live_bytes);
        self.settle_freed(state, span);
    }

    /// Makes a span that was a large block's free, or pooled: unless the system does not give its guards back, for then
    /// nobody could use it, and it has to wait.
    fn settle_freed(&self, state: &mut Guard<'_, State>, span: NonNull<Span>) {
        self.unadvise(span);
        if self.params.guarded && !self.unguard(span) {
            self.set_aside(state, span);
            return;
        }
        self.lay_down(state, span, |_| Age::COLD);
        if self.params.lazy {
            self.pool_span(state, span);
        } else {
            self.free_span(state, span);
        }
    }

    /// The state, once every parked span is back in it.
    fn lock(&self) -> Guard<'_, State> {
        let mut state = self.state.lock();
        self.sweep(&mut state);
        state
    }

    /// Maps a further region with room for `granules` and a budget of at least `charge` bytes more.
    pub(crate) fn grow(&self, granules: usize, charge: usize) -> bool {
        let least = charge.max(granules.saturating_mul(GRANULE));
        let mut state = self.lock();
        let count = self.region_count.load(Ordering::Relaxed);
        // Another thread was first, or the system refused what is left here: more address space is no help.
        if state.budget.left() >= charge && self.has_room(&state, granules) {
            return true;
        }
        if count == REGIONS {
            return false;
        }
        let mut budget = state.budget.capacity.max(least);
        loop {
            match reserve(self.os, self.params, budget) {
                Ok(region) => {
                    state.budget.capacity += budget;
                    self.push_region(region);
                    return true;
                }
                Err(_) if budget > least => budget = (budget / 2).max(least),
                Err(_) => return false,
            }
        }
    }

    fn regions(&self) -> impl Iterator<Item = &Region> {
        // Acquire pairs with the Release in `push_region`: the regions below the count are written.
        let count = self.region_count.load(Ordering::Acquire);
        (0..count).map(|index| self.region(index))
    }

    /// The region with this index: 0, one below a count that the caller has seen, or that of a span it holds.
    #[inline]
    fn region(&self, index: usize) -> &Region {
        debug_assert!(index < self.region_count.load(Ordering::Relaxed));
        // SAFETY: regions below the count are not written any more.
        let region = unsafe { &*self.regions[index].get() };
        // SAFETY: they are initialised, the first one by `Ground::settle`.
        unsafe { region.assume_init_ref() }
    }

    fn push_region(&self, region: Region) {
        let index = self.region_count.load(Ordering::Relaxed);
        // SAFETY: the slot is beyond the count, so nobody reads it; writers are the constructor or hold the lock.
        let slot = unsafe { &mut *self.regions[index].get() };
        slot.write(region);
        // Release pairs with the Acquire in `regions`.
        self.region_count.store(index + 1, Ordering::Release);
    }
}

fn reserve(os: &'static dyn Os, params: ArenaParams, budget: usize) -> io::Result<Region> {
    let bytes = budget
        .checked_add(budget / 8)
        .and_then(|bytes| bytes.checked_add((budget / 256).checked_mul(params.spread)?))
        .and_then(|bytes| bytes.checked_add(params.slack))
        .ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))?;
    Region::reserve(os, bytes, params.align, params.huge)
}
