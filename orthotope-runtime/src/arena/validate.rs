//! The arena's invariants, as a function that tests call after every step.

use super::span::place;
use super::{Arena, GRANULE, Kind};
use core::ptr::NonNull;

impl Arena {
    /// Panics if an invariant of the module does not hold.
    pub(crate) fn validate(&self) {
        let state = self.state.lock();
        let (mut free, mut pooled, mut charged, mut pooled_bytes, mut large) = (0, 0, 0, 0, 0);
        let mut cold = 0;
        let mut free_granules = 0;
        for region in self.regions() {
            let base = region.base().as_ptr().addr();
            let mut granule = 0;
            while granule < region.fresh() {
                let span = NonNull::new(region.span_of_granule(granule))
                    .expect("every granule handed out has an entry");
                // SAFETY: records are type-stable.
                let record = unsafe { span.as_ref() };
                assert_eq!(
                    record.start(),
                    base + granule * GRANULE,
                    "spans follow each other"
                );
                assert!(record.granules() > 0, "no span is empty");
                // SAFETY: we hold the lock.
                let this = unsafe { place(span) };
                charged += record.charge();
                let in_use = matches!(record.kind(), Kind::Slab | Kind::Large | Kind::Parked);
                for index in granule..granule + record.granules() {
                    let age = region.age(index);
                    cold += usize::from(age.is_cold());
                    assert_eq!(
                        age.is_cold() || age.is_clean(),
                        !in_use,
                        "{age:?} in a span that is {:?}",
                        record.kind()
                    );
                }
                match record.kind() {
                    Kind::Dead => panic!("a dead record covers granule {granule}"),
                    Kind::Free => {
                        free += 1;
                        free_granules += record.granules();
                        assert_eq!(record.charge(), 0, "free spans are not charged");
                    }
                    Kind::Pooled => {
                        pooled += 1;
                        free_granules += record.granules();
                        pooled_bytes += record.charge();
                    }
                    Kind::Slab => assert!(this.listed, "a slab's granules are all listed"),
                    Kind::Large | Kind::Parked => {
                        large += 1;
                        assert!(this.listed, "a large block's granules are all listed");
                    }
                }
                let ends = [granule, granule + record.granules() - 1];
                for index in ends {
                    assert_eq!(
                        region.span_of_granule(index),
                        span.as_ptr(),
                        "both ends are listed"
                    );
                }
                if this.listed {
                    for index in ends[0]..=ends[1] {
                        assert_eq!(
                            region.span_of_granule(index),
                            span.as_ptr(),
                            "listed means every granule"
                        );
                    }
                }
                granule += record.granules();
            }
            assert_eq!(
                granule,
                region.fresh(),
                "the last span ends where the unused space starts"
            );
            assert!(
                region.committed() >= granule * GRANULE,
                "what is handed out is committed"
            );
        }
        assert_eq!(
            state.free.granules + state.pool.granules,
            free_granules,
            "free granules are counted"
        );
        assert_eq!(state.cold, cold, "cold granules are counted");
        assert_eq!(state.free.count, free, "free spans are in `free`");
        assert_eq!(state.pool.count, pooled, "pooled spans are in `pool`");
        assert_eq!(
            state.pool.charge, pooled_bytes,
            "the pool's charge is its spans'"
        );
        assert_eq!(
            state.live_large.blocks, large,
            "live and parked large blocks are counted"
        );
        assert_eq!(
            state.budget.capacity - state.budget.left(),
            charged,
            "the budget's charge is the spans'"
        );
    }
}
