//! The rounds, as this comparison fills its cells.

use std::io;

use super::options::Options;
use super::results::Results;
use super::{Contender, child};
use crate::comparison::rounds::{Rounds, fits};
use crate::measure::Sample;
use crate::workloads::Workload;

/// Fills the results.
pub(super) fn run(options: &Options, mut results: Results) -> io::Result<Results> {
    let rounds = Rounds {
        program: "report",
        count: options.rounds(),
        limit: options.limit(),
    };
    let measurements = results.rows.len() * results.contenders.len();
    rounds.run(&mut results.rows, measurements, |row, progress| {
        for (contender, cell) in results.contenders.iter().zip(&mut row.cells) {
            progress.set_message(format!("{} on {}", row.workload.name, contender.name));
            if cell.failure.is_none() {
                match attempt(contender, &row.workload, options)? {
                    Ok(sample) => cell.samples.push(sample),
                    Err(reason) => cell.failure = Some(reason),
                }
            }
            progress.inc(1);
        }
        Ok(())
    })?;
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
