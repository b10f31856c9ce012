//! The command line `orthotope`: from recorded profiles to class tables.
//!
//! Read in this order: `args`, what may be asked for; `load`, files to one profile, and what is wrong with them;
//! `choice`, the settings that a table is made for; `tables`, what others would do with the same requests; then a module
//! for each command, `tune`, `merge`, `show` and `report`. The numbers are the runtime's, `orthotope_runtime::tuner`, as the
//! attribute's are: the two cannot disagree.

mod args;
mod choice;
mod load;
mod merge;
mod numbers;
mod report;
mod show;
mod tables;
mod tune;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use load::Failure;

/// What a command line that makes no sense ends with, as clap's errors do.
const USAGE: u8 = 2;

/// 0 if what was asked for was done, 1 if a file was in the way, [`USAGE`] if it was not asked properly.
fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has read enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            // There is nowhere left to say that this failed.
            let _ = writeln!(io::stderr(), "orthotope: {failure}");
            match failure {
                Failure::Align(..) => ExitCode::from(USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match &args.command {
        Command::Tune { profiles, choice } => tune::run(profiles, choice, &mut out),
        Command::Merge { profiles, output } => merge::run(profiles, output),
        Command::Show { profiles } => show::run(profiles, &mut out),
        Command::Report {
            profiles,
            output,
            choice,
        } => report::run(profiles, output, choice),
    }
}
