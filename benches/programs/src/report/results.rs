//! What was measured, and the medians, ratios and means that are stated of it.

use super::allocators::{Allocator, Role};
use super::child::Sample;
use super::statistics::{geometric_mean, median};
use crate::programs::Program;

/// What is compared. Less is better in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Wall,
    Cpu,
    Peak,
}

/// What a median is divided by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Against {
    Allocator(&'static str),
    /// The best of all rivals, program by program.
    BestRival,
}

/// All runs of a program under an allocator.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) program: &'static Program,
    pub(super) allocator: &'static Allocator,
    pub(super) samples: Vec<Sample>,
    /// Why a run gave no sample.
    pub(super) failures: Vec<String>,
}

/// Everything measured so far.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) programs: Vec<&'static Program>,
    pub(super) allocators: Vec<&'static Allocator>,
    pub(super) outcomes: Vec<Outcome>,
}

impl Measure {
    pub(super) const ALL: [Self; 3] = [Self::Wall, Self::Cpu, Self::Peak];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Wall => "Wall time",
            Self::Cpu => "CPU time",
            Self::Peak => "Peak memory",
        }
    }

    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Wall | Self::Cpu => "s",
            Self::Peak => "MiB",
        }
    }

    pub(super) const fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Wall => sample.wall_s,
            Self::Cpu => sample.cpu_s,
            Self::Peak => sample.peak_mib,
        }
    }
}

impl Outcome {
    fn values(&self, measure: Measure) -> Vec<f64> {
        self.samples
            .iter()
            .map(|sample| measure.of(sample))
            .collect()
    }

    /// The median; none if a run failed, since what failed is not fast.
    pub(super) fn median(&self, measure: Measure) -> Option<f64> {
        if self.failures.is_empty() {
            median(&self.values(measure))
        } else {
            None
        }
    }

    /// The smallest and the largest.
    pub(super) fn range(&self, measure: Measure) -> Option<(f64, f64)> {
        let values = self.values(measure);
        let least = values.iter().copied().min_by(f64::total_cmp)?;
        Some((least, values.iter().copied().max_by(f64::total_cmp)?))
    }
}

impl Results {
    pub(super) fn new(
        programs: Vec<&'static Program>,
        allocators: Vec<&'static Allocator>,
    ) -> Self {
        let mut outcomes = Vec::new();
        for &program in &programs {
            outcomes.extend(allocators.iter().map(|&allocator| Outcome {
                program,
                allocator,
                samples: Vec::new(),
                failures: Vec::new(),
            }));
        }
        Self {
            programs,
            allocators,
            outcomes,
        }
    }

    pub(super) fn of<'a>(&'a self, program: &str) -> impl Iterator<Item = &'a Outcome> {
        self.outcomes
            .iter()
            .filter(move |outcome| outcome.program.name == program)
    }

    pub(super) fn median(&self, program: &str, allocator: &str, measure: Measure) -> Option<f64> {
        self.of(program)
            .find(|outcome| outcome.allocator.name == allocator)?
            .median(measure)
    }

    /// The best rival's name and median.
    pub(super) fn best_rival(
        &self,
        program: &str,
        measure: Measure,
    ) -> Option<(&'static str, f64)> {
        self.of(program)
            .filter(|outcome| outcome.allocator.role == Role::Rival)
            .filter_map(|outcome| Some((outcome.allocator.name, outcome.median(measure)?)))
            .min_by(|(_, one), (_, other)| one.total_cmp(other))
    }

    /// The allocator's median over another's.
    pub(super) fn ratio(
        &self,
        program: &str,
        allocator: &str,
        against: Against,
        measure: Measure,
    ) -> Option<f64> {
        let base = match against {
            Against::Allocator(name) => self.median(program, name, measure)?,
            Against::BestRival => self.best_rival(program, measure)?.1,
        };
        Some(self.median(program, allocator, measure)? / base)
    }

    /// The ratios of all programs but the controls that have one.
    pub(super) fn ratios(
        &self,
        allocator: &str,
        against: Against,
        measure: Measure,
    ) -> Vec<(&'static str, f64)> {
        let programs = self.programs.iter().filter(|program| !program.control);
        programs
            .filter_map(|program| {
                Some((
                    program.name,
                    self.ratio(program.name, allocator, against, measure)?,
                ))
            })
            .collect()
    }

    /// The geometric mean of those ratios; none unless every program has one, so that no failure improves it.
    pub(super) fn mean_ratio(
        &self,
        allocator: &str,
        against: Against,
        measure: Measure,
    ) -> Option<f64> {
        let ratios: Vec<f64> = self
            .ratios(allocator, against, measure)
            .into_iter()
            .map(|(_, ratio)| ratio)
            .collect();
        let programs = self
            .programs
            .iter()
            .filter(|program| !program.control)
            .count();
        if ratios.len() == programs {
            geometric_mean(&ratios)
        } else {
            None
        }
    }

    /// How far apart the runs of one program lie, as a share of the median: the middle one of all allocators.
    pub(super) fn spread(&self, program: &str, measure: Measure) -> Option<f64> {
        let spreads: Vec<f64> = self
            .of(program)
            .filter_map(|outcome| {
                let (least, most) = outcome.range(measure)?;
                Some((most - least) / outcome.median(measure)?)
            })
            .collect();
        median(&spreads)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::allocators::ALLOCATORS;
    use super::super::child::Sample;
    use super::{Against, Measure, Results};
    use crate::programs::PROGRAMS;

    /// Every program takes as many seconds as the allocator's number in the tables, and one.
    pub(in super::super) fn made_up() -> Results {
        let mut results = Results::new(PROGRAMS.iter().collect(), ALLOCATORS.iter().collect());
        for (at, outcome) in results.outcomes.iter_mut().enumerate() {
            let size = (at % ALLOCATORS.len() + 1) as f64;
            for noise in [0.0, -0.5, 0.5] {
                outcome.samples.push(Sample {
                    wall_s: size + noise,
                    cpu_s: size,
                    peak_mib: 10.0 * size,
                    digest: String::new(),
                });
            }
        }
        results
    }

    #[test]
    fn ratios_are_of_medians_to_the_best_rival() {
        let results = made_up();
        // `glibc` is third in the tables and the first rival.
        assert_eq!(
            results.best_rival("syn", Measure::Wall),
            Some(("glibc", 3.0))
        );
        let mean = results
            .mean_ratio("default", Against::BestRival, Measure::Wall)
            .expect("all ran");
        assert!((mean - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(
            results.ratio(
                "grep",
                "general",
                Against::Allocator("mimalloc"),
                Measure::Peak
            ),
            Some(0.25)
        );
    }

    #[test]
    fn a_failure_takes_the_mean_with_it() {
        let mut results = made_up();
        results.outcomes[0].failures.push(String::from("signal 6"));
        assert_eq!(
            results.mean_ratio("general", Against::BestRival, Measure::Cpu),
            None
        );
    }
}
