//! The results as CSV: a line for each workload and allocator.

use std::io;
use std::path::Path;

use serde::Serialize;

use super::results::Results;

#[derive(Serialize)]
struct Line<'a> {
    group: &'static str,
    workload: &'a str,
    allocator: &'a str,
    runs: usize,
    median_ns: Option<f64>,
    fastest_ns: Option<f64>,
    slowest_ns: Option<f64>,
    to_best_rival: Option<f64>,
    to_mimalloc: Option<f64>,
    peak_mib: Option<f64>,
    failure: &'a str,
}

/// Writes the file.
pub(super) fn write(results: &Results, path: &Path) -> io::Result<()> {
    let mut sheet = csv::Writer::from_path(path)?;
    for row in &results.rows {
        for (contender, cell) in results.contenders.iter().zip(&row.cells) {
            sheet.serialize(Line {
                group: row.workload.group.slug(),
                workload: &row.workload.name,
                allocator: contender.name,
                runs: cell.samples.len(),
                median_ns: cell.time(),
                fastest_ns: cell.range().map(|range| range.0),
                slowest_ns: cell.range().map(|range| range.1),
                to_best_rival: results.to_best_rival(row, contender.name),
                to_mimalloc: results.to(row, contender.name, "mimalloc"),
                peak_mib: cell.peak(),
                failure: cell.failure.as_deref().unwrap_or(""),
            })?;
        }
    }
    sheet.flush()
}
