//! Lanes: where a thread parks the large spans that it freed last, to find them again without the lock.
//!
//! A service that works on tensors frees a block and asks for one of the same size. A parked span waits for
//! just that: same length, same charge. Whoever takes the arena's lock for more sweeps the lanes first, so
//! that best fit, coalescing and counts see every free span.
//!
//! Modelled in `models::of_spans`. A lane belongs to one thread at a time, which alone writes its places. They are hints:
//! whose a span is says its kind alone.
//!
//! | step | by | ordering |
//! | --- | --- | --- |
//! | place ← span | the lane's thread | Release: a sweeper sees the record |
//! | kind: `Large` → `Parked` | the lane's thread, which frees the block | Release: who takes the span sees what its user did |
//! | kind: `Parked` → `Large` | the lane's thread, which hands it out | Acquire |
//! | kind: `Parked` → `Dead` | the same between guards, until the payload is described; or a sweeper, under the lock | Acquire |
//!
//! Invariants, checked by `Lanes::validate`: the place of a parked span leads to it until it is taken, since its thread
//! overwrites no place that leads to a parked span; a lane that is not in `used` leads nowhere.

use core::ptr::{self, NonNull};

use super::{Kind, Span};
use crate::sync::{AtomicPtr, AtomicU64, Ordering};

/// Threads that may have a lane at once; those beyond go without. A model has no more.
const LANES: usize = if cfg!(loom) { 2 } else { 64 };
/// Spans that a lane holds, by the low bits of their length.
const PLACES: usize = if cfg!(loom) { 1 } else { 4 };

/// A thread's right to park.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane(u8);

impl Lane {
    /// No right: for a thread that came when all were taken.
    pub(crate) const NONE: Self = Self(u8::MAX);
}

pub(super) struct Lanes {
    /// A bit a lane that has a thread.
    taken: AtomicU64,
    /// A bit a lane that ever had one, once that thread may have parked anything.
    used: AtomicU64,
    /// Places by lane, and there by `granules % PLACES` of the span. Written by the lane's thread alone.
    places: [[AtomicPtr<Span>; PLACES]; LANES],
}

impl Lanes {
    pub(super) fn new() -> Self {
        let empty = |_| AtomicPtr::new(ptr::null_mut());
        Self {
            taken: AtomicU64::new(0),
            used: AtomicU64::new(0),
            places: core::array::from_fn(|_| core::array::from_fn(empty)),
        }
    }

    fn place(&self, lane: Lane, granules: usize) -> Option<&AtomicPtr<Span>> {
        Some(&self.places.get(usize::from(lane.0))?[granules % PLACES])
    }

    /// A lane for one thread.
    pub(super) fn take(&self) -> Lane {
        let mut taken = self.taken.load(Ordering::Relaxed);
        while (taken.trailing_ones() as usize) < LANES {
            let bit = 1 << taken.trailing_ones();
            // Acquire pairs with the Release in `give`: the places are as the thread before left them.
            match self.taken.compare_exchange_weak(
                taken,
                taken | bit,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    self.used.fetch_or(bit, Ordering::Relaxed);
                    return Lane(taken.trailing_ones() as u8);
                }
                Err(seen) => taken = seen,
            }
        }
        Lane::NONE
    }

    /// Ends a thread's right to its lane. What is parked there stays until it is swept or found.
    pub(super) fn give(&self, lane: Lane) {
        if lane != Lane::NONE {
            // Release pairs with the Acquire in `take`: the next thread finds the places as they are.
            self.taken.fetch_and(!(1 << lane.0), Ordering::Release);
        }
    }

    /// Makes the lane lead to the large block in `span`, for [`park`]. `false` if it cannot: the span is charged more
    /// than `live_bytes`, or the place is another parked span's.
    pub(super) fn has_place(&self, lane: Lane, span: NonNull<Span>, live_bytes: usize) -> bool {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        if record.charge() != live_bytes {
            return false;
        }
        let Some(place) = self.place(lane, record.granules()) else {
            return false;
        };
        let held = place.load(Ordering::Relaxed);
        if held == span.as_ptr() {
            return true;
        }
        // SAFETY: records are type-stable.
        let parked = |held: NonNull<Span>| unsafe { held.as_ref() }.kind() == Kind::Parked;
        if NonNull::new(held).is_some_and(parked) {
            return false;
        }
        // Release pairs with the Acquire in `sweep`: the record is initialised.
        place.store(span.as_ptr(), Ordering::Release);
        true
    }

    /// The parked span of exactly `granules` and `charge`, if the lane has one: a large block again.
    pub(super) fn retake(
        &self,
        lane: Lane,
        granules: usize,
        charge: usize,
    ) -> Option<NonNull<Span>> {
        self.retake_as(Kind::Large, lane, granules, charge)
    }

    /// The same, claimed: a large block once its new holder's payload is described.
    pub(super) fn retake_claimed(
        &self,
        lane: Lane,
        granules: usize,
        charge: usize,
    ) -> Option<NonNull<Span>> {
        self.retake_as(Kind::Dead, lane, granules, charge)
    }

    #[inline]
    fn retake_as(
        &self,
        kind: Kind,
        lane: Lane,
        granules: usize,
        charge: usize,
    ) -> Option<NonNull<Span>> {
        let place = self.place(lane, granules)?;
        let span = NonNull::new(place.load(Ordering::Relaxed))?;
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let fits = || record.granules() == granules && record.charge() == charge;
        if !fits() || !record.change_kind(Kind::Parked, kind) {
            return None;
        }
        if fits() {
            return Some(span);
        }
        // Between the look and the exchange it was swept, cut anew and parked in another lane, whose place leads
        // to it. Unless somebody has freed it a second time meanwhile, it waits there again.
        record.change_kind(kind, Kind::Parked);
        None
    }

    /// Makes every parked span nobody's, and hands it to `swept`. Under the arena's lock.
    pub(super) fn sweep(&self, mut swept: impl FnMut(NonNull<Span>)) {
        let mut used = self.used.load(Ordering::Relaxed);
        while used != 0 {
            let lane = used.trailing_zeros() as usize;
            used &= used - 1;
            for place in &self.places[lane] {
                // Acquire pairs with the Release in `has_place`.
                if let Some(span) = NonNull::new(place.load(Ordering::Acquire))
                    // SAFETY: records are type-stable.
                    && unsafe { span.as_ref() }.change_kind(Kind::Parked, Kind::Dead)
                {
                    swept(span);
                }
            }
        }
    }
}

/// Frees the large block in `span`, to which the caller's lane leads. `false` if it was freed already.
pub(super) fn park(span: NonNull<Span>) -> bool {
    // SAFETY: records are type-stable.
    unsafe { span.as_ref() }.change_kind(Kind::Large, Kind::Parked)
}

#[cfg(any(test, fuzzing))]
impl Lanes {
    /// Panics if an invariant of the module does not hold for the spans that are parked. Nobody parks meanwhile.
    pub(super) fn validate(&self, parked: &[NonNull<Span>]) {
        let used = self.used.load(Ordering::Relaxed);
        let leads_to = |lane: usize, index: usize| self.places[lane][index].load(Ordering::Acquire);
        for &span in parked {
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            let index = record.granules() % PLACES;
            let found = (0..LANES)
                .any(|lane| used >> lane & 1 == 1 && leads_to(lane, index) == span.as_ptr());
            // Unless it was retaken this moment.
            assert!(
                found || record.kind() != Kind::Parked,
                "a place leads to it"
            );
        }
        for lane in (0..LANES).filter(|lane| used >> lane & 1 == 0) {
            assert!((0..PLACES).all(|index| leads_to(lane, index).is_null()));
        }
    }
}
