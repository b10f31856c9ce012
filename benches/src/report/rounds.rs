//! The rounds: in each, every workload, and for each of them every allocator, one after the other.
//!
//! A disturbance of the machine thus hits neighbours, whose ratio it spoils least.

use std::fs;
use std::io::{self, IsTerminal};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::options::Options;
use super::results::Results;
use super::{Contender, child};
use crate::measure;
use crate::workloads::Workload;

/// Fills the results.
pub(super) fn run(options: &Options, mut results: Results) -> io::Result<Results> {
    let rounds = options.rounds();
    let each = results.rows.len() * results.contenders.len();
    let progress = progress(each as u64 * u64::from(rounds));
    let start = Instant::now();

    'rounds: for round in 1..=rounds {
        if !io::stderr().is_terminal() {
            eprintln!("report: round {round} of {rounds}, {each} measurements");
        }
        for row in &mut results.rows {
            // A workload's cells are filled together or not at all: what is compared is of one time.
            if options.limit().is_some_and(|limit| start.elapsed() > limit) {
                eprintln!("report: no time left in round {round} of {rounds}");
                break 'rounds;
            }
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
        }
    }
    progress.finish_and_clear();
    Ok(results)
}

fn attempt(
    contender: &Contender,
    workload: &Workload,
    options: &Options,
) -> io::Result<Result<measure::Sample, String>> {
    // A process that takes all memory takes others with it, and one that takes most of it is rude.
    let needed = workload.footprint as u64 / 1024 * contender.expansion as u64;
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = measure::kib(&meminfo, "MemAvailable");
    if available != 0 && needed > available / 2 {
        return Ok(Err(String::from("machine too small")));
    }
    child::ask(contender, workload, options.plan())
}

fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} {msg}");
    let bar = ProgressBar::new(length);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
