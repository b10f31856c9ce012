//! What came out, a row for each workload and in it a cell for each allocator that the workload is for.

use super::figure::Figure;
use super::{Contender, Sample, Workload};
use crate::comparison::Role;

/// What is known of one workload on one allocator.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) contender: Contender,
    pub(super) samples: Vec<Sample>,
    /// Why there are no further samples.
    pub(super) failure: Option<String>,
}

impl Cell {
    /// What all rounds together say; nothing once a run has failed.
    pub(super) fn figure(&self, figure: Figure) -> Option<f64> {
        if self.failure.is_some() {
            return None;
        }
        figure.of_rounds(&self.values(figure))
    }

    /// What each round says.
    pub(super) fn values(&self, figure: Figure) -> Vec<f64> {
        let values = self
            .samples
            .iter()
            .map(|sample| sample.figures.get(&figure));
        values.flatten().copied().collect()
    }

    /// Every figure that some round has.
    pub(super) fn figures(&self) -> impl Iterator<Item = Figure> {
        self.samples
            .iter()
            .flat_map(|sample| sample.figures.keys().copied())
    }
}

/// A workload and its cells.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) workload: Workload,
    pub(super) cells: Vec<Cell>,
}

impl Row {
    /// The cell of the allocator `name`, if it was measured here.
    pub(super) fn cell(&self, name: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.contender.name == name)
    }

    /// The name and the value of the rival with the least.
    pub(super) fn best_rival(&self, figure: Figure) -> Option<(&'static str, f64)> {
        let rivals = self
            .cells
            .iter()
            .filter(|cell| cell.contender.role == Role::Rival);
        rivals
            .filter_map(|cell| Some((cell.contender.name, cell.figure(figure)?)))
            .min_by(|a, b| f64::total_cmp(&a.1, &b.1))
    }

    /// What the table has: what is before the `/` of the workload's name.
    pub(super) fn table(&self) -> &str {
        let name = &self.workload.name;
        name.split_once('/')
            .map_or(name.as_str(), |(table, _)| table)
    }
}

/// Every workload on every allocator that it is for.
#[derive(Clone, Debug)]
pub(super) struct Results {
    pub(super) rows: Vec<Row>,
}

impl Results {
    pub(super) fn new(contenders: &[Contender], workloads: Vec<Workload>) -> Self {
        let row = |workload: Workload| {
            let cells = contenders
                .iter()
                .filter(|contender| workload.contenders.contains(&contender.name))
                .map(|contender| Cell {
                    contender: contender.clone(),
                    samples: Vec::new(),
                    failure: None,
                })
                .collect();
            Row { workload, cells }
        };
        let rows = workloads.into_iter().map(row);
        Self {
            rows: rows.filter(|row| !row.cells.is_empty()).collect(),
        }
    }

    /// Whether some workload is for this one.
    pub(super) fn have(&self, contender: &Contender) -> bool {
        self.rows
            .iter()
            .any(|row| row.cell(contender.name).is_some())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Results, Row};
    use crate::comparison::Role;
    use crate::memory::catalogue::catalogue;
    use crate::memory::figure::Figure;
    use crate::memory::{Contender, Sample};

    /// All workloads on two rivals and `general`, nothing measured.
    pub(in crate::memory) fn empty() -> Results {
        let contender = |name, role| Contender {
            name,
            package: None,
            role,
            run: |_, _| Sample::default(),
        };
        let contenders = [
            contender("glibc", Role::Rival),
            contender("mimalloc", Role::Rival),
            contender("general", Role::Ours),
        ];
        Results::new(&contenders, catalogue())
    }

    /// One workload, and what `figure` of it is.
    pub(in crate::memory) fn measured(name: &str, figure: Figure, values: &[f64]) -> Row {
        let mut rows = empty().rows.into_iter();
        let mut row = rows
            .find(|row| row.workload.name == name)
            .expect("the name is in the catalogue");
        for (cell, value) in row.cells.iter_mut().zip(values) {
            cell.samples = vec![Sample::of([(figure, *value)])];
        }
        row
    }

    #[test]
    fn a_row_has_only_those_that_its_workload_is_for() {
        let results = empty();
        assert!(
            results
                .rows
                .iter()
                .all(|row| row.workload.name != "huge_pages")
        );
        let caches = results
            .rows
            .iter()
            .find(|row| row.workload.name == "caches");
        assert_eq!(caches.map(|row| row.cells.len()), Some(1));
    }

    #[test]
    fn the_best_rival_has_the_least() {
        let mut row = measured("zeroed", Figure::Time, &[4.0, 2.0, 1.0]);
        assert_eq!(row.best_rival(Figure::Time), Some(("mimalloc", 2.0)));
        assert_eq!(row.best_rival(Figure::Peak), None);
        for cell in row.cells.iter_mut().skip(1).take(1) {
            cell.failure = Some(String::from("no memory"));
        }
        assert_eq!(row.best_rival(Figure::Time), Some(("glibc", 4.0)));
    }
}
