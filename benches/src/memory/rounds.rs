//! Each measurement in a process of its own: the question, the answer, and the cells that the answers fill.

use std::fs;
use std::io;
use std::process::ExitCode;

use super::options::{Options, Request};
use super::results::Results;
use super::workloads::Kind;
use super::{Contender, Sample, Workload, refuse};
use crate::comparison::child;
use crate::comparison::rounds::{Rounds, fits, take};

/// How many bytes an allocator may need for a byte asked for.
const EXPANSION: u64 = 2;

/// The child's side: runs the workload, and prints the sample as one line of JSON.
pub(super) fn answer(
    request: &Request,
    contenders: &[Contender],
    workloads: &[Workload],
) -> ExitCode {
    let cell = request
        .cell
        .find(contenders, |each| each.name, workloads, |each| &each.name);
    let (contender, workload) = match cell {
        Ok(cell) => cell,
        Err(message) => return refuse(&message),
    };
    let sample = (contender.run)(workload, request.effort());
    match serde_json::to_string(&sample) {
        Ok(line) => println!("{line}"),
        Err(error) => return refuse(&error.to_string()),
    }
    ExitCode::SUCCESS
}

/// Fills the results.
pub(super) fn run(options: &Options, mut results: Results) -> io::Result<Results> {
    let rounds = Rounds {
        program: "memory",
        count: options.rounds(),
        limit: None,
    };
    rounds.run(
        &mut results.rows,
        |row| row.cells.len(),
        |row, place, progress| {
            let cell = &mut row.cells[place];
            progress.set_message(format!("{} on {}", row.workload.name, cell.contender.name));
            take(&mut cell.samples, &mut cell.failure, || {
                attempt(&cell.contender, &row.workload, options)
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
    if !fits(workload.footprint as u64 * EXPANSION) {
        return Ok(Err(String::from("machine too small")));
    }
    if workload.kind == Kind::HugePages && !has_huge_pages() {
        return Ok(Err(String::from("skipped: no transparent huge pages")));
    }
    let mut arguments = vec![
        "measure",
        "--allocator",
        contender.name,
        "--workload",
        &workload.name,
    ];
    if options.quick {
        arguments.push("--quick");
    }
    child::ask(arguments)
}

/// Whether the system backs memory with huge pages, if only where it is advised to.
fn has_huge_pages() -> bool {
    fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled")
        .is_ok_and(|enabled| !enabled.contains("[never]"))
}
