//! What came out, and the ratios that follow.

use super::Contender;
use crate::comparison::Role;
use crate::comparison::statistics::median;
use crate::measure::Sample;
use crate::workloads::Workload;

/// What is known of one workload on one allocator.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) samples: Vec<Sample>,
    /// Why there are no further samples.
    pub(super) failure: Option<String>,
}

impl Cell {
    /// Median nanoseconds an operation; nothing once a run has failed.
    pub(super) fn time(&self) -> Option<f64> {
        self.median(|sample| sample.time)
    }

    /// Median peak memory in MiB.
    pub(super) fn peak(&self) -> Option<f64> {
        self.median(|sample| sample.peak as f64 / 1024.0)
    }

    /// The fastest and the slowest run.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let times = self.samples.iter().map(|sample| sample.time);
        let fastest = times.clone().min_by(f64::total_cmp)?;
        Some((fastest, times.max_by(f64::total_cmp)?))
    }

    fn median(&self, value: impl Fn(&Sample) -> f64) -> Option<f64> {
        if self.failure.is_some() {
            return None;
        }
        let values: Vec<f64> = self.samples.iter().map(value).collect();
        median(&values)
    }
}

/// A workload and its cells, one for each contender in their order.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) workload: Workload,
    pub(super) cells: Vec<Cell>,
}

/// Every workload on every allocator.
#[derive(Clone, Debug)]
pub(super) struct Results {
    pub(super) contenders: Vec<Contender>,
    pub(super) rows: Vec<Row>,
}

impl Results {
    pub(super) fn new(contenders: Vec<Contender>, workloads: Vec<Workload>) -> Self {
        let row = |workload| Row {
            workload,
            cells: vec![Cell::default(); contenders.len()],
        };
        let rows = workloads.into_iter().map(row).collect();
        Self { contenders, rows }
    }

    /// The time of `row` on the allocator `name`.
    pub(super) fn time(&self, row: &Row, name: &str) -> Option<f64> {
        let mut pairs = self.contenders.iter().zip(&row.cells);
        pairs
            .find(|(contender, _)| contender.name == name)?
            .1
            .time()
    }

    /// The time of the fastest rival.
    pub(super) fn best_rival(&self, row: &Row) -> Option<f64> {
        let rivals = self
            .contenders
            .iter()
            .zip(&row.cells)
            .filter(|(contender, _)| contender.role == Role::Rival);
        rivals
            .filter_map(|(_, cell)| cell.time())
            .min_by(f64::total_cmp)
    }

    /// The time of `name` by that of the fastest rival.
    pub(super) fn to_best_rival(&self, row: &Row, name: &str) -> Option<f64> {
        Some(self.time(row, name)? / self.best_rival(row)?)
    }

    /// The time of `name` by that of `other`.
    pub(super) fn to(&self, row: &Row, name: &str, other: &str) -> Option<f64> {
        Some(self.time(row, name)? / self.time(row, other)?)
    }

    /// The fewest and the most runs of any cell that did not fail.
    pub(super) fn rounds(&self) -> (usize, usize) {
        let cells = self.rows.iter().flat_map(|row| &row.cells);
        let runs = cells
            .filter(|cell| cell.failure.is_none())
            .map(|cell| cell.samples.len());
        (runs.clone().min().unwrap_or(0), runs.max().unwrap_or(0))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Contender, Results};
    use crate::comparison::Role;
    use crate::measure::Sample;
    use crate::workloads::catalogue;
    use std::alloc::System;

    /// The first two workloads: two rivals that need 4 and 2 ns, ours that needs 1 ns, three rounds each.
    pub(in crate::report) fn sample_results() -> Results {
        let contender = |name, role| Contender {
            name,
            package: None,
            role,
            expansion: 2,
            prepare: |workload| workload.prepare(&System),
        };
        let contenders = vec![
            contender("glibc", Role::Rival),
            contender("mimalloc", Role::Rival),
            contender("default", Role::Ours),
        ];
        let workloads = catalogue().into_iter().take(2).collect();
        let mut results = Results::new(contenders, workloads);
        for row in &mut results.rows {
            for (cell, time) in row.cells.iter_mut().zip([4.0, 2.0, 1.0]) {
                cell.samples = vec![Sample { time, peak: 3_072 }; 3];
            }
        }
        results
    }

    #[test]
    fn the_best_rival_is_the_fastest_of_the_rivals() {
        let results = sample_results();
        let row = results.rows.first().expect("there are rows");
        assert_eq!(results.best_rival(row), Some(2.0));
        assert_eq!(results.to_best_rival(row, "default"), Some(0.5));
        assert_eq!(results.to(row, "default", "glibc"), Some(0.25));
        assert_eq!(results.to(row, "default", "published"), None);
        assert_eq!(results.rounds(), (3, 3));
    }

    #[test]
    fn a_failure_leaves_no_time() {
        let mut results = sample_results();
        for row in &mut results.rows {
            for cell in &mut row.cells[1..2] {
                cell.failure = Some(String::from("no memory"));
            }
        }
        let row = results.rows.first().expect("there are rows");
        assert_eq!(results.best_rival(row), Some(4.0));
        assert_eq!(results.time(row, "mimalloc"), None);
    }
}
