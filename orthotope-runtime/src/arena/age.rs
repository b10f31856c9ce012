//! How long memory has held no block: an age a unit of memory, and the schedule by which it is given back.
//!
//! The unit is the granule for spans, the page inside slabs. Ages count ticks of the purge's clock. Pure
//! arithmetic: who asks the system is said elsewhere.
//!
//! | age | the memory | reads as |
//! | --- | --- | --- |
//! | `UNTOUCHED` | was never handed out | zero |
//! | `USED` | holds blocks, or may | anything |
//! | `LENT_CLEAN` | holds blocks, and was zero when its span was taken | anything by now |
//! | `COLD` and above | holds none, for so many ticks | anything |
//! | `REFUSED` | holds none, and the system would not take it | anything |
//! | `DROPPED` | was given back | zero |

use core::time::Duration;

use crate::config::Purge;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Age(pub(super) u8);

impl Age {
    pub(crate) const UNTOUCHED: Self = Self(0);
    pub(crate) const USED: Self = Self(1);
    pub(crate) const COLD: Self = Self(2);
    /// Cold for a whole tick at least: the second tick that sees it so.
    pub(crate) const SETTLED: Self = Self(Self::COLD.0 + 2);
    /// Cold, and the system would not take it.
    pub(crate) const REFUSED: Self = Self(253);
    pub(crate) const LENT_CLEAN: Self = Self(254);
    pub(crate) const DROPPED: Self = Self(255);

    /// The memory is zero, and none of it is resident.
    pub(crate) fn is_clean(self) -> bool {
        matches!(self, Self::UNTOUCHED | Self::DROPPED)
    }

    /// The memory holds no block, and may be resident.
    pub(crate) fn is_cold(self) -> bool {
        Self::COLD <= self && self < Self::LENT_CLEAN
    }

    /// The byte that stands for it.
    pub(crate) fn byte(self) -> u8 {
        self.0
    }

    /// The age that a byte stands for.
    pub(crate) fn of(byte: u8) -> Self {
        Self(byte)
    }
}

/// What becomes of memory at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It stays as it is for good.
    Rest,
    /// It gets older.
    Wait,
    /// The system is told that it may take it.
    Mark,
    /// It is given back.
    Drop,
}

impl Step {
    /// How old memory is after the step that would make it so old, if the system agreed or not. What cannot be marked
    /// is given back later all the same.
    pub(crate) fn leaves(self, age: Age, agreed: bool) -> Age {
        if self == Self::Drop && !agreed {
            Age::REFUSED
        } else {
            age
        }
    }
}

/// Which age is marked, and which dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    mark: u8,
    drop: u8,
}

/// Ticks in the time after which memory goes back.
pub(crate) const TICKS: u32 = 10;
/// Beyond every age that a tick gives.
const NEVER: u8 = Age::LENT_CLEAN.0;

impl Schedule {
    /// Everything cold is dropped at once.
    pub(crate) const NOW: Self = Self {
        mark: NEVER,
        drop: 0,
    };

    pub(crate) const fn of(purge: Purge) -> Self {
        match purge {
            Purge::After(_) => Self {
                mark: Age::SETTLED.0,
                drop: Age::SETTLED.0 + TICKS as u8 - 1,
            },
            Purge::Eager => Self::NOW,
            Purge::Never => Self {
                mark: Age::SETTLED.0,
                drop: NEVER,
            },
        }
    }

    /// Time between two ticks.
    pub(crate) fn tick(purge: Purge) -> Duration {
        const LEAST: Duration = Duration::from_millis(1);
        match purge {
            Purge::After(time) => (time / TICKS).max(LEAST),
            Purge::Eager => Duration::from_millis(50),
            Purge::Never => Duration::from_secs(1),
        }
    }

    /// What a tick makes of cold memory, and how old it is then.
    pub(crate) fn step(self, age: Age) -> (Age, Step) {
        debug_assert!(age.is_cold());
        if age == Age::REFUSED && self != Self::NOW {
            return (age, Step::Rest);
        }
        let older = age.0 + 1;
        if older >= self.drop {
            (Age::DROPPED, Step::Drop)
        } else if older == self.mark {
            (Age(older), Step::Mark)
        } else if older > self.mark && self.drop == NEVER {
            (age, Step::Rest)
        } else {
            (Age(older), Step::Wait)
        }
    }

    /// Whether a later tick will do more to memory of this age.
    pub(crate) fn has_more_for(self, age: Age) -> bool {
        age.is_cold() && age != Age::REFUSED && (self.drop != NEVER || age.0 < self.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(purge: Purge) -> Vec<Step> {
        let schedule = Schedule::of(purge);
        let mut age = Age::COLD;
        let mut steps = Vec::new();
        while schedule.has_more_for(age) {
            let (older, step) = schedule.step(age);
            steps.push(step);
            age = older;
        }
        steps
    }

    #[test]
    fn cold_memory_is_marked_by_the_second_tick_and_dropped_by_the_eleventh() {
        let steps = life(Purge::After(Duration::from_secs(10)));
        assert_eq!(steps[..2], [Step::Wait, Step::Mark]);
        assert_eq!(steps[2..10], [Step::Wait; 8]);
        assert_eq!(steps[10..], [Step::Drop]);
        assert_eq!(
            Schedule::tick(Purge::After(Duration::from_secs(10))),
            Duration::from_secs(1)
        );
    }

    #[test]
    fn never_marks_and_then_rests() {
        assert_eq!(life(Purge::Never), [Step::Wait, Step::Mark]);
        let schedule = Schedule::of(Purge::Never);
        let marked = Age::SETTLED;
        assert_eq!(schedule.step(marked), (marked, Step::Rest));
    }

    #[test]
    fn eager_drops_at_first_sight() {
        assert_eq!(life(Purge::Eager), [Step::Drop]);
    }
}
