//! What allocators keep of the memory that is given back to them, and what large blocks cost.
//!
//! Owns the order of events. `options` says what to run, `rounds` runs it, each cell in a process of its own;
//! `catalogue` has the workloads and `workloads` what they do, measured with `resident` and `clock`; `figure` names
//! what comes out. `results` holds it, `claims` holds it against the numbers to reach, and `markdown` and `sheets`
//! write it down.

mod catalogue;
mod claims;
mod clock;
mod figure;
mod markdown;
mod options;
mod resident;
mod results;
mod rounds;
mod sheets;
mod workloads;

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::comparison::circumstances::Circumstances;
use crate::comparison::{Role, USAGE};

use options::{Command, Options};
use results::Results;

pub use catalogue::Workload;
pub use figure::Sample;
pub use workloads::{Caches, Effort};

/// An allocator of the comparison.
#[derive(Clone)]
pub struct Contender {
    /// Unique; the column's heading. Workloads name the contenders that they are for.
    pub name: &'static str,
    /// The package in Cargo.lock whose version is stated.
    pub package: Option<&'static str>,
    /// Whose side it is on.
    pub role: Role,
    /// Runs a workload on it, in a process that has not called it before.
    pub run: fn(&Workload, Effort) -> Sample,
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The program `memory`.
#[must_use]
pub fn main(contenders: Vec<Contender>) -> ExitCode {
    let options = Options::from_command_line();
    let workloads = catalogue::catalogue();
    if let Some(Command::Measure(request)) = &options.command {
        return rounds::answer(request, &contenders, &workloads);
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
    let results = Results::new(&contenders, workloads);
    if results.rows.is_empty() {
        return refuse("no workload that was asked for is for an allocator that was asked for");
    }
    match compare(&options, &contenders, results) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("memory: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &Options, contenders: &[Contender], results: Results) -> io::Result<()> {
    // Before an hour of work rather than after.
    fs::create_dir_all(&options.output)?;
    let circumstances = Circumstances::here();
    let results = rounds::run(options, results)?;

    let text = markdown::report(&results, contenders, &circumstances, options);
    fs::write(options.output.join("memory.md"), &text)?;
    sheets::write(&results, &options.output)?;
    say(&text);
    eprintln!("memory: {}", options.output.join("memory.md").display());
    Ok(())
}

fn list(contenders: &[Contender], workloads: &[Workload]) -> ExitCode {
    let mut text = String::from("Allocators:\n");
    for contender in contenders {
        text += &format!("  {}\n", contender.name);
    }
    text += "Workloads, and whom they are for:\n";
    for workload in workloads {
        text += &format!("  {}: {}\n", workload.name, workload.contenders.join(", "));
    }
    say(&text);
    ExitCode::SUCCESS
}

/// A reader that has seen enough, such as `head`, is no failure.
fn say(text: &str) {
    drop(io::stdout().write_all(text.as_bytes()));
}

fn refuse(message: &str) -> ExitCode {
    eprintln!("memory: {message}");
    ExitCode::from(USAGE)
}
