//! What the recorder costs a call: what the binary `recorder` measures.
//!
//! The same blocks are asked for with and without a recorder, in turns, now the one first and now the other; the cost is
//! the difference of the best passes. Each pass holds a fiftieth more blocks than the one before, so that the recorder
//! meets new peaks, of which it keeps what is live. Times are those that the threads had a processor: with more threads
//! than cores, too, they are the calls' alone. Read in this order: here, `work`.

mod work;

use std::process::ExitCode;

use clap::Parser;

use crate::comparison::Role;
use crate::comparison::circumstances::Circumstances;
use crate::comparison::turns;
pub use work::Pass;
use work::{PROFILE, Sizes};

/// Nanoseconds that a call may cost more.
const MOST: f64 = 15.0;
/// Threads of the table's rows.
const THREADS: [usize; 2] = [1, 8];
/// Blocks that each thread holds in the first pass.
const BLOCKS: usize = 20_000;

/// Measure what orthotope::Recorder costs a call.
#[derive(Debug, Parser)]
struct Options {
    /// Passes of each cell of the table, of which the best counts
    #[arg(short, long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Blocks that each thread replaces in a pass
    #[arg(long, default_value_t = 1_000_000)]
    steps: usize,
}

/// An allocator, and the same under a recorder.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// What the table calls it.
    pub name: &'static str,
    /// The package that it comes from, if it has one of its own.
    pub package: Option<&'static str>,
    /// Whose it is.
    pub role: Role,
    /// Runs the pass under the allocator, and under a recorder of it.
    pub runs: [fn(Pass<'_>) -> f64; 2],
}

/// A line of the table.
struct Row {
    name: &'static str,
    threads: usize,
    /// The subject's best passes: without a recorder, and with one.
    best: [f64; 2],
}

impl Row {
    fn line(&self) -> String {
        let [plain, recorded] = self.best;
        let cost = recorded - plain;
        let verdict = if cost <= MOST { "yes" } else { "**no**" };
        format!(
            "| {} | {} | {plain:.1} | {recorded:.1} | {cost:.1} | {verdict} |",
            self.name, self.threads
        )
    }
}

/// Measures the subjects as the command line says, and prints a table.
#[must_use]
pub fn main(subjects: &[Subject]) -> ExitCode {
    let options = Options::parse();
    let circumstances = Circumstances::here();
    let sizes = match Sizes::recorded() {
        Ok(sizes) => sizes,
        Err(error) => {
            eprintln!("recorder: {PROFILE}, where the sizes come from: {error}");
            return ExitCode::FAILURE;
        }
    };
    let allocators = subjects
        .iter()
        .map(|subject| (subject.name, subject.package, subject.role));
    println!("{}", circumstances.list(allocators));
    println!(
        "| allocator | threads | ns a call | recorded | the recorder | ≤ {MOST} |\n| --- | ---: | ---: | ---: | ---: | --- |"
    );
    for row in measure(subjects, &options, &sizes) {
        println!("{}", row.line());
    }
    ExitCode::SUCCESS
}

fn measure(subjects: &[Subject], options: &Options, sizes: &Sizes) -> Vec<Row> {
    let mut rows = Vec::new();
    for threads in THREADS {
        let first = rows.len();
        rows.extend(subjects.iter().map(|subject| Row {
            name: subject.name,
            threads,
            best: [f64::INFINITY; 2],
        }));
        let mut blocks = BLOCKS;
        for round in 0..options.rounds {
            for (row, subject) in rows[first..].iter_mut().zip(subjects) {
                let pass = Pass {
                    sizes,
                    threads,
                    blocks,
                    steps: options.steps,
                };
                for turn in turns::order(round as usize, subject.runs.len()) {
                    row.best[turn] = row.best[turn].min(subject.runs[turn](pass));
                }
                blocks += BLOCKS / 50;
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::alloc::System;

    use super::*;

    #[test]
    fn a_row_has_the_difference_and_the_verdict() {
        let row = |recorded| Row {
            name: "glibc",
            threads: 8,
            best: [20.25, recorded],
        };
        assert_eq!(row(30.5).line(), "| glibc | 8 | 20.2 | 30.5 | 10.2 | yes |");
        assert!(row(35.5).line().ends_with("| 15.2 | **no** |"));
    }

    #[test]
    fn each_subject_is_measured_with_each_number_of_threads() {
        let options = Options {
            rounds: 1,
            steps: 10,
        };
        let sizes = Sizes::recorded().expect("a committed profile is there");
        let subjects = [Subject {
            name: "glibc",
            package: None,
            role: Role::Rival,
            runs: [|pass| pass.run(&System); 2],
        }];
        let rows = measure(&subjects, &options, &sizes);
        assert_eq!(rows.len(), THREADS.len());
        for row in rows {
            assert!(row.best.iter().all(|best| *best > 0.0 && best.is_finite()));
        }
    }
}
