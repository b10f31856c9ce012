//! The arena's invariants, as functions that tests and the fuzzer call after every step.

use core::ptr::NonNull;

use super::span::place;
use super::{Arena, GRANULE, Kind, Region, Span, State};

/// What the spans of an arena add up to.
#[derive(Default)]
struct Sums {
    free: usize,
    pooled: usize,
    large: usize,
    charged: usize,
    charged_large: usize,
    /// Spans that were set aside.
    aside: usize,
    cold: usize,
    parked: Vec<NonNull<Span>>,
}

impl Arena {
    /// Panics if an invariant of the module does not hold.
    pub(crate) fn validate(&self) {
        self.meta.validate();
        let state = self.state.lock();
        let mut sums = Sums::default();
        for region in self.regions() {
            region.validate(self.params.align);
            each_in(region, |span| validate_span(region, span, &mut sums));
        }
        state.free.validate(Kind::Free);
        state.pool.validate(Kind::Pooled);
        assert_eq!(state.free.count, sums.free, "free spans are in `free`");
        assert_eq!(state.pool.count, sums.pooled, "pooled spans are in `pool`");
        assert_eq!(state.cold, sums.cold, "cold granules are counted");
        state.budget.validate(sums.charged);
        state.live_large.validate(sums.large, sums.charged_large);
        self.lanes.validate(&sums.parked);
        self.seams.validate(
            self.regions()
                .map(|region| region.fresh() + region.unused()),
        );
        validate_dead(&state);
        let (mut next, mut aside) = (state.guarded, 0);
        while let Some(span) = NonNull::new(next) {
            // SAFETY: the lock is held.
            next = unsafe { place(span) }.next;
            aside += 1;
        }
        assert_eq!(
            aside, sums.aside,
            "a dead span that is no record's waits for its guards"
        );
    }

    /// Bytes that a span is charged.
    pub(crate) fn charge_of(&self, span: NonNull<Span>) -> usize {
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.charge()
    }

    /// Every span, under the arena's lock.
    pub(crate) fn each_span(&self, mut visit: impl FnMut(NonNull<Span>)) {
        let _state = self.state.lock();
        self.regions()
            .for_each(|region| each_in(region, &mut visit));
    }
}

/// The spans of a region, in order. Panics unless they follow each other from its base to `fresh`.
fn each_in(region: &Region, mut visit: impl FnMut(NonNull<Span>)) {
    let base = region.base().as_ptr().addr();
    let mut granule = 0;
    while granule < region.fresh() {
        let span = NonNull::new(region.span_of_granule(granule))
            .expect("every granule handed out has an entry");
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let start = base + granule * GRANULE;
        assert_eq!(record.start(), start, "spans follow each other");
        assert!(record.granules() > 0, "no span is empty");
        visit(span);
        granule += record.granules();
    }
    assert_eq!(granule, region.fresh(), "the last span ends at `fresh`");
}

/// One span's entries and ages by its kind. The lock is held.
fn validate_span(region: &Region, span: NonNull<Span>, sums: &mut Sums) {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller holds the lock.
    let place = unsafe { place(span) };
    let (listed, advised) = (place.listed, place.advised);
    // A parked span may be retaken at any moment: both are in use.
    let kind = record.kind();
    // One that is set aside is dead, and as it was when it was in use.
    let in_use = matches!(kind, Kind::Slab | Kind::Large | Kind::Parked | Kind::Dead);
    let first = region.granule_of(record.start());
    let last = first + record.granules() - 1;
    for granule in first..=last {
        let age = region.age(granule);
        sums.cold += usize::from(age.is_cold());
        let rests = age.is_cold() || age.is_clean();
        assert_eq!(rests, !in_use, "{age:?} in a span that is {kind:?}");
        if listed || granule == first || granule == last {
            let entry = region.span_of_granule(granule);
            assert_eq!(entry, span.as_ptr(), "granule {granule} leads to its span");
        }
    }
    assert!(listed || !in_use, "the granules of {kind:?} are all listed");
    assert!(
        !advised || matches!(kind, Kind::Large | Kind::Parked),
        "advice ends with its block, which is {kind:?} now"
    );
    sums.charged += record.charge();
    match kind {
        Kind::Dead => sums.aside += 1,
        Kind::Free => {
            sums.free += 1;
            assert_eq!(record.charge(), 0, "free spans are not charged");
        }
        Kind::Pooled => sums.pooled += 1,
        Kind::Slab => {}
        Kind::Large | Kind::Parked => {
            sums.large += 1;
            sums.charged_large += record.charge();
            if kind == Kind::Parked {
                sums.parked.push(span);
            }
        }
    }
}

/// Records without a span say so, and none is listed twice.
fn validate_dead(state: &State) {
    let (mut next, mut count) = (state.dead, 0_usize);
    while let Some(span) = NonNull::new(next) {
        // SAFETY: records are type-stable.
        let kind = unsafe { span.as_ref() }.kind();
        assert_eq!(kind, Kind::Dead, "a listed record describes nothing");
        // SAFETY: the caller holds the lock.
        next = unsafe { place(span) }.next;
        count += 1;
        assert!(count < 1 << 20, "the list of dead records ends");
    }
}
