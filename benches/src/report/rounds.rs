//! The rounds, as this comparison fills its cells.

use std::io;

use super::options::Options;
use super::results::Results;
use super::{Contender, child};
use crate::comparison::rounds::{Rounds, fits, take};
use crate::measure::Sample;
use crate::workloads::Workload;

/// Fills the results.
pub(super) fn run(options: &Options, mut results: Results) -> io::Result<Results> {
    let rounds = Rounds {
        program: "report",
        count: options.rounds(),
        limit: options.limit(),
    };
    rounds.run(
        &mut results.rows,
        |row| row.cells.len(),
        |row, place, progress| {
            let (contender, cell) = (&results.contenders[place], &mut row.cells[place]);
            progress.set_message(format!("{} on {}", row.workload.name, contender.name));
            take(&mut cell.samples, &mut cell.failure, || {
                attempt(contender, &row.workload, options)
            })
        },
    )?;
    Ok(results)
}

fn attempt(
    contender: &Contender,
    workload: &Workload,
    options: &Options,
) -> io::Result<Result<Sample, String>> {
    if !fits(workload.footprint as u64 * contender.expansion as u64) {
        return Ok(Err(String::from("machine too small")));
    }
    child::ask(contender, workload, options.plan())
}
