//! How many blocks of each class a cache may hold: what it is given grows with use, and is bounded in sum.
//!
//! A class's *allowance* is the number of blocks that its stack may hold at any moment, right after a refill
//! included. It starts at nothing, and grows where blocks are used: up to a magazine's if the stack runs empty, up to
//! all that the limits keep if it is full. Half of the thread's limit is given away a magazine at a time, so that a
//! new thread exchanges whole ones with the depot at once; then an allowance doubles. (What a refill asks of slabs
//! starts with a few blocks all the same.) Where the configuration does not [grow](crate::Config::grows), every
//! class is allowed what its limits keep from the start.
//!
//! Once the sum would exceed the thread's limit, allowance comes from other classes, as in tcmalloc's per-CPU caches,
//! whose list of a class also grows when it is missed and shrinks when others are (`cpu_cache.cc`, "Freelist size
//! balancing strategy"). A hand goes round the classes, a few steps at a *pressed* trip. What keeps classes in use from
//! robbing each other in turns is that trips are counted, and old ones forgotten, by the clock of pressed trips:
//!
//! - A class gives only to one that comes [`RATIO`] times as often. It gives half and then comes at most about twice
//!   as often, the other at least half as often, so that it has no claim to get it back; classes that come equally
//!   often share what there is.
//! - One that gave counts as one that came as often as the taker, and is spared until that is forgotten. If its stack
//!   has not changed by then it is idle, and gives all.
//!
//! A class that is in use but never misses looks like one that keeps too much: it gives half until it misses. And
//! nobody gives unless what the hand found makes room for a block at least.
//!
//! A thread that comes back after it was away for the whole time after which memory goes back starts anew: what it kept
//! goes to the central pool, and every allowance is nothing again. What it learnt is of a load that is over, and a
//! service between bursts would otherwise keep a little more after each of them.
//!
//! Bound: what waits in the stacks of a thread takes at most the limit, 1 MiB in the preset `"general"`, whatever
//! it did before, until the thread works again, flushes its cache or exits; a flush leaves nothing. A class whose
//! block exceeds half of the limit keeps none.
//!
//! Invariants where the configuration grows: `held` is the sum over the classes of allowance times stride, and at
//! most `limit`; no stack holds more than its class's allowance, and no allowance exceeds its class's `limits.keep`.

use core::cell::Cell;
use core::ptr::NonNull;

use super::cold::{Cold, hot_bin};
use super::cold_bin::ColdBin;
use crate::arena::{Arena, TICKS};
use crate::central::Central;
use crate::sync::Ordering;

/// Classes that the hand passes at a pressed trip: a trip must not become much longer by it.
const STEPS: usize = 8;

/// How much more often than another a class comes that may take from it.
const RATIO: usize = 4;

/// Trips that every class is credited with: nobody takes anything at its first few.
const CREDIT: usize = 4;

/// Pressed trips, as a power of two, after which a class's trips count half.
const EPOCH_SHIFT: u32 = 7;

/// What a cache's classes share.
pub(super) struct Allowances {
    /// Bytes that the classes may be allowed in sum. None: each is allowed what its limits keep from the start.
    pub(super) limit: Option<usize>,
    /// Bytes that they are allowed: `held == Σ allowance * stride <= limit`.
    pub(super) held: Cell<usize>,
    /// The class that the hand stands at.
    hand: Cell<usize>,
    /// Pressed trips so far.
    trips: Cell<usize>,
    /// The arena's ticks when the thread last came.
    tick: Cell<usize>,
}

impl Allowances {
    pub(super) const fn new(limit: Option<usize>, tick: usize) -> Self {
        Self {
            limit,
            held: Cell::new(0),
            hand: Cell::new(0),
            trips: Cell::new(0),
            tick: Cell::new(tick),
        }
    }

    /// Whether allowances grow with use.
    #[inline]
    pub(super) fn grow(&self) -> bool {
        self.limit.is_some()
    }

    /// Whether a class's trip has to be counted though it asks for no more: it may be robbed.
    #[inline]
    pub(super) fn pressed(&self) -> bool {
        self.trips.get() > 0
    }

    /// The clock by which trips are forgotten.
    fn epoch(&self) -> usize {
        self.trips.get() >> EPOCH_SHIFT
    }
}

impl ColdBin {
    /// How often the class came here lately.
    fn often(&self, epoch: usize) -> usize {
        let halvings = epoch.wrapping_sub(self.epoch.get());
        self.came.get() >> halvings.min(usize::BITS as usize - 1)
    }

    /// Notes that the class came so often.
    fn note(&self, often: usize, epoch: usize) {
        self.came.set(often);
        self.epoch.set(epoch);
    }

    /// Blocks of the allowance that the class has to give to one that came so `often`.
    ///
    /// # Safety
    ///
    /// The bin is class `class` of `cold`, and the caller the cache's owner.
    unsafe fn to_give(
        &self,
        cold: NonNull<Cold>,
        class: usize,
        often: usize,
        epoch: usize,
    ) -> usize {
        let allowance = self.allowance.get();
        if allowance == 0 || (self.often(epoch) + CREDIT) * RATIO > often {
            return 0;
        }
        // SAFETY: by the caller's promise; a class with an allowance is ready.
        let len = self.len(unsafe { hot_bin(cold, class) });
        if self.gave.get() && len == self.seen.load(Ordering::Relaxed) {
            allowance
        } else {
            allowance.div_ceil(2)
        }
    }
}

impl Cold {
    /// What the classes of the cache share.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    pub(super) unsafe fn allowances<'a>(cold: NonNull<Self>) -> &'a Allowances {
        // The field alone: a registry's neighbours write the links.
        // SAFETY: the caller's cache, which is in place for as long as it is used.
        unsafe { &(*cold.as_ptr()).allowances }
    }

    /// The same, and what is of `class` alone.
    ///
    /// # Safety
    ///
    /// As for [`allowances`](Self::allowances), and there are more than `class` classes.
    unsafe fn parts<'a>(cold: NonNull<Self>, class: usize) -> (&'a Allowances, &'a ColdBin) {
        // SAFETY: the caller's promise.
        let shared = unsafe { Self::allowances(cold) };
        // SAFETY: as above.
        (shared, unsafe { Self::bin(cold, class) })
    }

    /// Notes that the thread is here. If it was away for a whole purge, its cache starts anew.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, and no stack is out of service.
    #[inline]
    pub(crate) unsafe fn arrive(cold: NonNull<Self>, arena: &Arena, centrals: &[Central]) {
        // SAFETY: the caller is the owner.
        let shared = unsafe { Self::allowances(cold) };
        let now = arena.ticks();
        if now.wrapping_sub(shared.tick.replace(now)) >= TICKS as usize && shared.grow() {
            // SAFETY: as above.
            unsafe { Self::start_anew(cold, arena, centrals) };
        }
    }

    /// # Safety
    ///
    /// As for [`arrive`](Self::arrive).
    #[cold]
    #[inline(never)]
    unsafe fn start_anew(cold: NonNull<Self>, arena: &Arena, centrals: &[Central]) {
        // SAFETY: the caller is the owner.
        unsafe { Self::publish(cold, arena, centrals) };
    }

    /// Counts a trip of `class`, and allows it more blocks, up to `most`, or as many of them as the limit leaves
    /// room for.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, and the class is ready.
    #[inline]
    pub(super) unsafe fn come(
        cold: NonNull<Self>,
        arena: &Arena,
        centrals: &[Central],
        class: usize,
        most: usize,
    ) {
        // SAFETY: the caller is the owner.
        let (shared, this) = unsafe { Self::parts(cold, class) };
        if this.allowance.get() < most || shared.pressed() {
            // SAFETY: the caller is the owner, and the class is ready.
            unsafe { Self::grow(cold, arena, centrals, class, most) };
        }
    }

    /// # Safety
    ///
    /// As for [`come`](Self::come).
    #[cold]
    #[inline(never)]
    unsafe fn grow(
        cold: NonNull<Self>,
        arena: &Arena,
        centrals: &[Central],
        class: usize,
        most: usize,
    ) {
        // SAFETY: the caller is the owner.
        let (shared, this) = unsafe { Self::parts(cold, class) };
        let epoch = shared.epoch();
        this.note(this.often(epoch) + 1, epoch);
        this.gave.set(false);
        let allowance = this.allowance.get();
        let (Some(limit), true) = (shared.limit, allowance < most) else {
            return;
        };
        let central = &centrals[class];
        let stride = central.geometry().stride;
        let mut to = allowance * 2;
        let whole = central.magazine();
        if shared.held.get() + whole * stride <= limit / 2 {
            to = to.max(whole);
        }
        let more = to.max(1).min(most) - allowance;
        if limit - shared.held.get() < more * stride {
            // SAFETY: the caller is the owner.
            unsafe { Self::press(cold, arena, centrals, class, more) };
        }
        let more = more.min((limit - shared.held.get()) / stride);
        this.allowance.set(allowance + more);
        shared.held.set(shared.held.get() + more * stride);
    }

    /// Moves the hand in search of allowance for `more` blocks of `class`, beyond what the limit leaves room for.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    #[cold]
    #[inline(never)]
    unsafe fn press(
        cold: NonNull<Self>,
        arena: &Arena,
        centrals: &[Central],
        class: usize,
        more: usize,
    ) {
        // SAFETY: the caller is the owner.
        let (shared, this) = unsafe { Self::parts(cold, class) };
        shared.trips.set(shared.trips.get() + 1);
        let (often, epoch) = (this.came.get(), this.epoch.get());
        let stride = centrals[class].geometry().stride;
        let mut found = shared.limit.unwrap_or(usize::MAX) - shared.held.get();
        let from = shared.hand.get();
        let mut passed = 0;
        while passed < STEPS.min(centrals.len()) && found < more * stride {
            let other = (from + passed) % centrals.len();
            if other != class {
                // SAFETY: the caller is the owner.
                let bin = unsafe { Self::bin(cold, other) };
                // SAFETY: as above.
                let blocks = unsafe { bin.to_give(cold, other, often, epoch) };
                found += blocks * centrals[other].geometry().stride;
            }
            passed += 1;
        }
        shared.hand.set((from + passed) % centrals.len());
        if found < stride {
            return;
        }
        for other in (from..from + passed).map(|step| step % centrals.len()) {
            if other != class {
                // SAFETY: the caller is the owner.
                unsafe { Self::rob(cold, arena, &centrals[other], other, often, epoch) };
            }
        }
    }

    /// Takes from `class` what it has to give to one that came so `often`, and the blocks that were kept there.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    unsafe fn rob(
        cold: NonNull<Self>,
        arena: &Arena,
        central: &Central,
        class: usize,
        often: usize,
        epoch: usize,
    ) {
        // SAFETY: the caller is the owner.
        let (shared, this) = unsafe { Self::parts(cold, class) };
        // SAFETY: as above.
        let blocks = unsafe { this.to_give(cold, class, often, epoch) };
        if blocks == 0 {
            return;
        }
        let allowance = this.allowance.get() - blocks;
        this.allowance.set(allowance);
        shared
            .held
            .set(shared.held.get() - blocks * central.geometry().stride);
        this.note(often, epoch);
        this.gave.set(true);
        // SAFETY: the owner's bins; a class with an allowance is ready.
        let hot = unsafe { hot_bin(cold, class) };
        let mut len = this.withdraw(hot);
        while len > allowance {
            len = this.shed(len, len - allowance, arena, central);
        }
        this.offer(hot, len);
    }
}
