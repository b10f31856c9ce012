//! The results as CSV: a line for each figure of a workload and allocator, and one for each look at an idle process.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::results::{Cell, Results};

#[derive(Serialize)]
struct Line<'a> {
    workload: &'a str,
    allocator: &'a str,
    figure: &'a str,
    unit: &'a str,
    runs: usize,
    value: Option<f64>,
    least: Option<f64>,
    most: Option<f64>,
    failure: &'a str,
}

#[derive(Serialize)]
struct Look<'a> {
    workload: &'a str,
    allocator: &'a str,
    round: usize,
    idle_ms: u32,
    resident_bytes: u64,
}

/// Writes the files.
pub(super) fn write(results: &Results, folder: &Path) -> io::Result<()> {
    let mut figures = csv::Writer::from_path(folder.join("memory.csv"))?;
    let mut looks = csv::Writer::from_path(folder.join("idle.csv"))?;
    for row in &results.rows {
        for cell in &row.cells {
            for line in lines(&row.workload.name, cell) {
                figures.serialize(line)?;
            }
            for (round, sample) in cell.samples.iter().enumerate() {
                for &(idle_ms, resident_bytes) in &sample.timeline {
                    looks.serialize(Look {
                        workload: &row.workload.name,
                        allocator: cell.contender.name,
                        round: round + 1,
                        idle_ms,
                        resident_bytes,
                    })?;
                }
            }
        }
    }
    figures.flush()?;
    looks.flush()
}

fn lines<'a>(workload: &'a str, cell: &'a Cell) -> Vec<Line<'a>> {
    let line = Line {
        workload,
        allocator: cell.contender.name,
        figure: "",
        unit: "",
        runs: cell.samples.len(),
        value: None,
        least: None,
        most: None,
        failure: cell.failure.as_deref().unwrap_or(""),
    };
    let known: BTreeSet<_> = cell.figures().collect();
    if known.is_empty() {
        return vec![line];
    }
    let with = |figure| {
        let values = cell.values(figure);
        Line {
            figure: figure.title(),
            unit: figure.unit_name(),
            value: cell.figure(figure),
            least: values.iter().copied().min_by(f64::total_cmp),
            most: values.iter().copied().max_by(f64::total_cmp),
            ..line
        }
    };
    known.into_iter().map(with).collect()
}
