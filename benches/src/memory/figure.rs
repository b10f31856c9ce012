//! What a workload finds out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::comparison::statistics::median;
use crate::comparison::units::{bytes, duration};

/// A thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Figure {
    /// Nanoseconds an operation.
    Time,
    /// Nanoseconds of the first allocation of a process.
    First,
    /// Bytes that the process held at most, beyond what it held before.
    Peak,
    /// The same by the most bytes that were live.
    PeakByLive,
    /// Resident bytes by live bytes, soon after most were freed.
    Soon,
    /// The same later.
    Late,
    /// Resident bytes after the first burst and its idle time.
    AfterFirst,
    /// Those after the worst burst by those after the first.
    Worst,
    /// The share of a block that is in huge pages.
    Huge,
    /// Bytes of blocks in caches.
    Cached,
    /// The same after each thread has given back its own.
    Flushed,
    /// Resident bytes that the first allocation of a process adds.
    Overhead,
    /// Resident bytes that come with more threads that ended.
    Growth,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Nanoseconds,
    Bytes,
    Ratio,
}

impl Figure {
    /// What it is called in tables.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::First => "time of the first allocation, best run",
            Self::Peak => "peak",
            Self::PeakByLive => "peak ÷ live",
            Self::Soon => "resident ÷ live after 3 s",
            Self::Late => "resident ÷ live after 12 s",
            Self::AfterFirst => "resident after the first burst",
            Self::Worst => "worst burst ÷ first",
            Self::Huge => "share in huge pages",
            Self::Cached => "held by caches",
            Self::Flushed => "held after the flush",
            Self::Overhead => "resident for the first allocation",
            Self::Growth => "growth from 100 to 10,000 threads",
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::Time | Self::First => Unit::Nanoseconds,
            Self::Peak
            | Self::AfterFirst
            | Self::Cached
            | Self::Flushed
            | Self::Overhead
            | Self::Growth => Unit::Bytes,
            Self::PeakByLive | Self::Soon | Self::Late | Self::Worst | Self::Huge => Unit::Ratio,
        }
    }

    /// The unit's name in sheets.
    pub(super) fn unit_name(self) -> &'static str {
        match self.unit() {
            Unit::Nanoseconds => "ns",
            Unit::Bytes => "B",
            Unit::Ratio => "",
        }
    }

    /// A value as tables have it.
    pub(super) fn write(self, value: f64) -> String {
        match self.unit() {
            Unit::Nanoseconds => duration(value),
            Unit::Bytes => bytes(value),
            Unit::Ratio => format!("{value:.2}"),
        }
    }

    /// One value for those of all rounds.
    pub(super) fn of_rounds(self, values: &[f64]) -> Option<f64> {
        match self {
            // Held against an absolute limit, which a disturbance must not decide.
            Self::First => values.iter().copied().min_by(f64::total_cmp),
            _ => median(values),
        }
    }
}

/// What one run of a workload found out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub(super) figures: BTreeMap<Figure, f64>,
    /// Milliseconds of idleness, and the resident bytes at that time.
    pub(super) timeline: Vec<(u32, u64)>,
}

impl Sample {
    /// Only figures.
    pub(super) fn of(figures: impl IntoIterator<Item = (Figure, f64)>) -> Self {
        Self {
            figures: figures.into_iter().collect(),
            timeline: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Sample};

    #[test]
    fn a_sample_survives_the_pipe() {
        let mut sample = Sample::of([(Figure::Time, 1.5), (Figure::PeakByLive, 2.0)]);
        sample.timeline.push((100, 4096));
        let line = serde_json::to_string(&sample).expect("it is plain data");
        let back: Sample = serde_json::from_str(&line).expect("it was just written");
        assert_eq!(back, sample);
    }

    #[test]
    fn a_first_allocation_is_told_by_the_best_run() {
        assert_eq!(Figure::First.of_rounds(&[9.0, 1.0, 2.0]), Some(1.0));
        assert_eq!(Figure::Time.of_rounds(&[9.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn values_are_written_in_their_unit() {
        assert_eq!(Figure::Time.write(1_500.0), "1.50 µs");
        assert_eq!(Figure::Peak.write(2_048.0), "2.0 KiB");
        assert_eq!(Figure::Worst.write(1.064), "1.06");
    }
}
