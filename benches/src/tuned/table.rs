//! What came of all rounds of one example: medians, and ratios to the rivals.

use std::fmt;

use super::child::Answer;
use crate::comparison::statistics::median;

/// A column for each allocator; the tuned one is the last.
pub(super) struct Table {
    names: Vec<&'static str>,
    answers: Vec<Vec<Answer>>,
}

impl Table {
    pub(super) fn new<const N: usize>(names: [&'static str; N]) -> Self {
        Self {
            names: names.to_vec(),
            answers: vec![Vec::new(); N],
        }
    }

    pub(super) fn add(&mut self, column: usize, answer: Answer) {
        self.answers[column].push(answer);
    }

    /// Whether every run computed the same.
    pub(super) fn same_sums(&self) -> bool {
        let mut sums = self.answers.iter().flatten().map(|answer| answer.sum);
        let first = sums.next();
        sums.all(|sum| Some(sum) == first)
    }

    fn medians(&self, value: impl Fn(&Answer) -> f64) -> Vec<f64> {
        let column =
            |answers: &Vec<Answer>| median(&answers.iter().map(&value).collect::<Vec<_>>());
        self.answers
            .iter()
            .map(|answers| column(answers).unwrap_or(f64::NAN))
            .collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.medians(|answer| answer.seconds);
        let peaks = self.medians(|answer| answer.peak_kib as f64 / 1024.0);
        let (last_seconds, last_peak) = match (seconds.last(), peaks.last()) {
            (Some(seconds), Some(peak)) => (*seconds, *peak),
            _ => return Ok(()),
        };
        writeln!(
            f,
            "| allocator | time, s | tuned over it | peak, MiB | tuned over it |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- |")?;
        for (column, name) in self.names.iter().enumerate() {
            writeln!(
                f,
                "| {name} | {:.3} | {:.3} | {:.1} | {:.3} |",
                seconds[column],
                last_seconds / seconds[column],
                peaks[column],
                last_peak / peaks[column]
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(seconds: f64, peak_kib: u64, sum: u64) -> Answer {
        Answer {
            seconds,
            peak_kib,
            sum,
        }
    }

    #[test]
    fn ratios_are_of_medians() {
        let mut table = Table::new(["other", "tuned"]);
        for seconds in [2.0, 90.0, 1.0] {
            table.add(0, answer(seconds, 2_048, 7));
            table.add(1, answer(seconds / 2.0, 1_024, 7));
        }
        let text = table.to_string();
        assert!(
            text.contains("| other | 2.000 | 0.500 | 2.0 | 0.500 |"),
            "{text}"
        );
        assert!(table.same_sums());
        table.add(0, answer(1.0, 1, 8));
        assert!(!table.same_sums());
    }
}
