//! The comparison: each allocator and workload in a process of its own, taken in turns, judged at the end.
//!
//! Owns the order of events. `options` says what to run, `rounds` runs it, each piece by
//! `child`; `results` holds what came out, `claims` holds it against the numbers to reach, and
//! `markdown`, `sheet` and `plot` write it down.

mod child;
mod claims;
mod markdown;
mod options;
mod plot;
mod results;
mod rounds;
mod sheet;

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::comparison::circumstances::Circumstances;
use crate::comparison::{Role, USAGE};
use crate::workloads::{Runner, Workload, catalogue};

use options::{Command, Options};
use results::Results;

/// An allocator of the comparison.
#[derive(Clone)]
pub struct Contender {
    /// Unique; the column's heading.
    pub name: &'static str,
    /// The package in Cargo.lock whose version is stated.
    pub package: Option<&'static str>,
    /// Whose side it is on.
    pub role: Role,
    /// At most how many bytes it needs for a byte asked for.
    pub expansion: usize,
    /// Makes a workload ready to run on it.
    pub prepare: fn(&Workload) -> Runner,
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The program `report`.
#[must_use]
pub fn main(contenders: Vec<Contender>) -> ExitCode {
    let options = Options::from_command_line();
    let workloads = catalogue();
    if let Some(Command::Measure(request)) = &options.command {
        return child::measure(request, &contenders, &workloads);
    }
    if options.selection.list {
        return list(&contenders, &workloads);
    }
    let contenders = match options.contenders(contenders) {
        Ok(contenders) => contenders,
        Err(message) => return refuse(&message),
    };
    let workloads = match options.workloads(workloads) {
        Ok(workloads) => workloads,
        Err(message) => return refuse(&message),
    };
    match compare(&options, contenders, workloads) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("report: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(
    options: &Options,
    contenders: Vec<Contender>,
    workloads: Vec<Workload>,
) -> io::Result<()> {
    // Before hours of work rather than after.
    fs::create_dir_all(&options.output)?;
    let circumstances = Circumstances::here();
    let results = rounds::run(options, Results::new(contenders, workloads))?;

    let plots = plot::write(&results, &options.output)?;
    let text = markdown::report(&results, &circumstances, options, &plots);
    fs::write(options.output.join("report.md"), text)?;
    sheet::write(&results, &options.output.join("report.csv"))?;
    eprintln!("report: {}", options.output.join("report.md").display());
    Ok(())
}

fn list(contenders: &[Contender], workloads: &[Workload]) -> ExitCode {
    let mut text = String::from("Allocators:\n");
    for contender in contenders {
        text += &format!("  {}\n", contender.name);
    }
    text += "Workloads (* not with --quick):\n";
    for workload in workloads {
        let mark = if workload.quick { ' ' } else { '*' };
        text += &format!("{mark} {}\n", workload.name);
    }
    // A reader that has seen enough, such as `head`, is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    ExitCode::SUCCESS
}

fn refuse(message: &str) -> ExitCode {
    eprintln!("report: {message}");
    ExitCode::from(USAGE)
}
