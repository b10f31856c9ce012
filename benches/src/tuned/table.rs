//! What came of all rounds of one example: medians, and ratios to the rivals.

use std::fmt;

use super::child::Answer;
use crate::comparison::Role;
use crate::comparison::statistics::median;

/// Peak memory may be so much of each rival's.
const PEAK_MOST: f64 = 0.95;
/// Time may be so much of the fastest rival's.
const TIME_MOST: f64 = 1.0;

/// A column for each allocator; the tuned one is the last.
pub(super) struct Table {
    columns: Vec<Column>,
}

struct Column {
    name: &'static str,
    role: Role,
    answers: Vec<Answer>,
}

impl Column {
    fn median(&self, value: impl Fn(&Answer) -> f64) -> f64 {
        let values: Vec<f64> = self.answers.iter().map(value).collect();
        median(&values).unwrap_or(f64::NAN)
    }

    fn seconds(&self) -> f64 {
        self.median(|answer| answer.seconds)
    }

    /// In MiB.
    fn peak(&self) -> f64 {
        self.median(|answer| answer.peak_kib as f64 / 1024.0)
    }

    fn faults(&self) -> f64 {
        self.median(|answer| answer.faults as f64)
    }
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = (&'static str, Role)>) -> Self {
        let column = |(name, role)| Column {
            name,
            role,
            answers: Vec::new(),
        };
        Self {
            columns: columns.into_iter().map(column).collect(),
        }
    }

    pub(super) fn add(&mut self, column: usize, answer: Answer) {
        self.columns[column].answers.push(answer);
    }

    /// Whether every run computed the same.
    pub(super) fn same_sums(&self) -> bool {
        let answers = self.columns.iter().flat_map(|column| &column.answers);
        let mut sums = answers.map(|answer| answer.sum);
        let first = sums.next();
        sums.all(|sum| Some(sum) == first)
    }

    fn rivals(&self) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(|column| column.role == Role::Rival)
    }

    /// What is held against the rivals: what, the ratio, and the most that it may be.
    fn goals(&self) -> Vec<(String, f64, f64)> {
        let Some(tuned) = self.columns.last() else {
            return Vec::new();
        };
        let peak = |rival: &Column| {
            let ratio = tuned.peak() / rival.peak();
            (format!("peak ÷ {}", rival.name), ratio, PEAK_MOST)
        };
        let mut goals: Vec<_> = self.rivals().map(peak).collect();
        let fastest = self
            .rivals()
            .min_by(|a, b| a.seconds().total_cmp(&b.seconds()));
        if let Some(rival) = fastest {
            let ratio = tuned.seconds() / rival.seconds();
            goals.push((format!("time ÷ best, {}", rival.name), ratio, TIME_MOST));
        }
        goals
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(tuned) = self.columns.last() else {
            return Ok(());
        };
        f.write_str(
            "| allocator | time, s | tuned ÷ it | peak, MiB | tuned ÷ it | page faults |\n\
             | --- | ---: | ---: | ---: | ---: | ---: |\n",
        )?;
        for column in &self.columns {
            let (seconds, peak) = (column.seconds(), column.peak());
            writeln!(
                f,
                "| {} | {seconds:.3} | {:.3} | {peak:.1} | {:.3} | {:.0} |",
                column.name,
                tuned.seconds() / seconds,
                tuned.peak() / peak,
                column.faults(),
            )?;
        }
        f.write_str("\n| tuned | measured | must reach | holds |\n| --- | ---: | ---: | --- |\n")?;
        for (what, ratio, most) in self.goals() {
            let holds = if ratio <= most { "yes" } else { "**no**" };
            writeln!(f, "| {what} | {ratio:.3} | ≤ {most:.2} | {holds} |")?;
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
            faults: peak_kib / 4,
            sum,
        }
    }

    #[test]
    fn ratios_are_of_medians_and_goals_of_rivals() {
        let mut table = Table::new([
            ("slow", Role::Rival),
            ("fast", Role::Rival),
            ("general", Role::Ours),
            ("tuned", Role::Ours),
        ]);
        for seconds in [2.0, 90.0, 1.0] {
            table.add(0, answer(seconds, 2_048, 7));
            table.add(1, answer(seconds / 2.5, 1_056, 7));
            table.add(2, answer(seconds / 9.0, 16, 7));
            table.add(3, answer(seconds / 2.0, 1_024, 7));
        }
        let text = table.to_string();
        for line in [
            "| slow | 2.000 | 0.500 | 2.0 | 0.500 | 512 |",
            "| peak ÷ slow | 0.500 | ≤ 0.95 | yes |",
            "| peak ÷ fast | 0.970 | ≤ 0.95 | **no** |",
            "| time ÷ best, fast | 1.250 | ≤ 1.00 | **no** |",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        assert!(!text.contains("÷ general"), "{text}");
        assert!(table.same_sums());
        table.add(0, answer(1.0, 1, 8));
        assert!(!table.same_sums());
    }
}
