//! What a feature of an allocator costs: the allocator with it over the same one without.

use std::fmt::{self, Write};

use super::results::{Against, Measure, Results};

/// A feature, and the allocators that are built with and without it.
pub(super) struct Cost {
    /// What the report calls it.
    pub(super) title: &'static str,
    /// With, and without.
    pairs: &'static [(&'static str, &'static str)],
}

pub(super) static HARDENING: Cost = Cost {
    title: "What hardening costs",
    pairs: &[
        ("general_hardened", "general"),
        ("default_hardened", "default"),
        ("mimalloc_secure", "mimalloc"),
    ],
};

pub(super) static HEAP_PROFILES: Cost = Cost {
    title: "What heap profiles cost",
    pairs: &[
        ("general_profiled", "general"),
        ("default_profiled", "default"),
    ],
};

/// Every feature whose cost can be told.
pub(super) static COSTS: [&Cost; 2] = [&HARDENING, &HEAP_PROFILES];

impl Cost {
    /// Whether an allocator is one of a pair.
    pub(super) fn concerns(&self, allocator: &str) -> bool {
        self.pairs
            .iter()
            .any(|(with, without)| [with, without].contains(&&allocator))
    }

    /// Whether both allocators of a pair were run.
    pub(super) fn was_measured(&self, results: &Results) -> bool {
        let ran = |name| results.allocators.iter().any(|ran| ran.name == name);
        self.pairs
            .iter()
            .any(|(with, without)| ran(*with) && ran(*without))
    }

    /// A table: ratios by program, and their geometric means without the controls.
    pub(super) fn write(
        &self,
        text: &mut impl Write,
        results: &Results,
        measure: Measure,
    ) -> fmt::Result {
        write!(text, "| {} |", measure.title())?;
        for (with, without) in self.pairs {
            write!(text, " {with} / {without} |")?;
        }
        writeln!(text, "\n|{}", " --- |".repeat(self.pairs.len() + 1))?;
        for program in &results.programs {
            write!(text, "| {} |", program.name)?;
            for &(with, without) in self.pairs {
                let against = Against::Allocator(without);
                write_cell(text, results.ratio(program.name, with, against, measure))?;
            }
            writeln!(text)?;
        }
        write!(text, "| **geometric mean** |")?;
        for &(with, without) in self.pairs {
            let against = Against::Allocator(without);
            write_cell(text, results.mean_ratio(with, against, measure))?;
        }
        writeln!(text)
    }
}

fn write_cell(text: &mut impl Write, ratio: Option<f64>) -> fmt::Result {
    match ratio {
        Some(ratio) => write!(text, " {ratio:.3} |"),
        None => write!(text, " – |"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::Measure;
    use super::super::results::tests::made_up;
    use super::{HARDENING, HEAP_PROFILES};

    #[test]
    fn means_are_of_pairs() {
        let mut results = made_up();
        // By the allocators' numbers in the tables: 8 over 1, 9 over 2, 10 over 4; 11 over 1, 12 over 2.
        for (cost, means) in [
            (&HARDENING, "| 8.000 | 4.500 | 2.500 |"),
            (&HEAP_PROFILES, "| 11.000 | 6.000 |"),
        ] {
            assert!(cost.was_measured(&results));
            let mut text = String::new();
            cost.write(&mut text, &results, Measure::Cpu)
                .expect("a string grows");
            assert!(
                text.contains(&format!("| **geometric mean** {means}")),
                "{text}"
            );
        }
        results
            .allocators
            .retain(|allocator| ["general", "mimalloc"].contains(&allocator.name));
        assert!(!HARDENING.was_measured(&results) && !HEAP_PROFILES.was_measured(&results));
    }
}
