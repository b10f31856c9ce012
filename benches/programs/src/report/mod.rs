//! All programs under all allocators, in turns: what the binary `programs-report` does.
//!
//! Read in this order: `options`, what was asked for; `allocators` and `child`, one program in one process;
//! `turns`, in which order; `results` and `statistics`, what the numbers say; `goals`, which claims they bear out; then
//! the forms they are written in, `markdown`, `sheets` and `plot`; `costs`, the one comparison of allocators with
//! themselves.

mod allocators;
mod child;
mod costs;
mod goals;
mod markdown;
mod options;
mod plot;
mod results;
mod sheets;

// What any comparison needs, and `orthotope-benches` has, whose dependencies these programs do without.
#[path = "../../../src/comparison/machine.rs"]
mod machine;
#[path = "../../../src/comparison/statistics.rs"]
mod statistics;
#[path = "../../../src/comparison/turns.rs"]
mod turns;
#[path = "../../../src/comparison/versions.rs"]
mod versions;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use allocators::{ALLOCATORS, Allocator};
use clap::Parser as _;
use costs::COSTS;
use machine::Machine;
use options::Options;
use results::{Measure, Results};

use crate::programs::PROGRAMS;

/// Runs what the command line asks for. Ends with 2 if that cannot be run, with 1 if a program failed.
#[must_use]
pub fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        list();
        return ExitCode::SUCCESS;
    }
    match report(&options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("programs-report: {error}");
            ExitCode::from(2)
        }
    }
}

fn list() {
    println!("programs:");
    for program in PROGRAMS {
        println!("  {:<18}{}", program.name, program.work);
    }
    if cfg!(not(feature = "ml")) {
        println!("  (tokenizers and candle with --features ml)");
    }
    println!("allocators:");
    for allocator in &ALLOCATORS {
        println!("  {:<18}{}", allocator.name, allocator.version());
    }
}

fn report(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let binaries = binaries(options)?;
    let conditions = conditions(options);
    eprintln!("{conditions}");
    let allocators = binaries.iter().map(|(allocator, _)| *allocator).collect();
    let mut results = Results::new(options.programs(), allocators);
    let start = Instant::now();
    for round in 0..options.rounds() {
        eprintln!(
            "round {} of {}, after {:.0} s",
            round + 1,
            options.rounds(),
            start.elapsed().as_secs_f64()
        );
        run_round(&mut results, &binaries, options.quick, round as usize)?;
    }
    refuse_other_digests(&mut results);
    write_all(&results, &conditions, &options.output)?;
    let failed = results
        .outcomes
        .iter()
        .any(|outcome| !outcome.failures.is_empty());
    Ok(ExitCode::from(u8::from(failed)))
}

/// The allocators to run and their binaries. One that is missing is left out, unless it was asked for by name.
fn binaries(options: &Options) -> Result<Vec<(&'static Allocator, PathBuf)>, Box<dyn Error>> {
    let mut found = Vec::new();
    for allocator in options.allocators() {
        match child::binary(allocator)? {
            Ok(path) => found.push((allocator, path)),
            Err(path) => {
                let message = format!(
                    "{} is missing; build it with\n  {}",
                    path.display(),
                    child::build_command(allocator)
                );
                if options.named(allocator.name) {
                    return Err(message.into());
                }
                eprintln!("left out: {message}");
            }
        }
    }
    if found.is_empty() {
        return Err("no allocator's binary is there".into());
    }
    Ok(found)
}

fn conditions(options: &Options) -> String {
    let amount = if options.quick {
        "little work"
    } else {
        "the full work"
    };
    let machine = Machine::here();
    format!(
        "{}, {} cores, {:.0} GiB of memory, Linux {}, {}, opt-level {}; load at the start {}. {} rounds of {amount}.",
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.kernel,
        env!("BENCHES_COMPILER"),
        env!("BENCHES_OPT_LEVEL"),
        machine.load,
        options.rounds()
    )
}

/// Every program once under every allocator.
fn run_round(
    results: &mut Results,
    binaries: &[(&'static Allocator, PathBuf)],
    quick: bool,
    round: usize,
) -> Result<(), Box<dyn Error>> {
    for at in 0..results.programs.len() {
        let row = at * binaries.len();
        eprint!("  {:<18}", results.programs[at].name);
        for column in turns::order(round + at, binaries.len()) {
            let (allocator, binary) = &binaries[column];
            let outcome = &mut results.outcomes[row + column];
            match child::run(binary, outcome.program, quick)? {
                Ok(sample) => {
                    eprint!(" {} {:.2}", allocator.name, sample.wall_s);
                    outcome.samples.push(sample);
                }
                Err(reason) => {
                    eprint!(" {} FAILED ({reason})", allocator.name);
                    outcome.failures.push(reason);
                }
            }
        }
        eprintln!();
    }
    Ok(())
}

/// A program that computes something else than under the first allocator has failed, however fast it was.
fn refuse_other_digests(results: &mut Results) {
    let digests: Vec<Option<String>> = results
        .programs
        .iter()
        .map(|program| {
            results
                .of(program.name)
                .flat_map(|outcome| &outcome.samples)
                .next()
        })
        .map(|sample| sample.map(|sample| sample.digest.clone()))
        .collect();
    for (program, expected) in results.programs.clone().into_iter().zip(digests) {
        let Some(expected) = expected else { continue };
        let outcomes = results
            .outcomes
            .iter_mut()
            .filter(|outcome| outcome.program.name == program.name);
        for outcome in outcomes {
            if let Some(other) = outcome
                .samples
                .iter()
                .find(|sample| sample.digest != expected)
            {
                let failure = format!("digest {} instead of {expected}", other.digest);
                eprintln!(
                    "{} under {}: {failure}",
                    program.name, outcome.allocator.name
                );
                outcome.failures.push(failure);
            }
        }
    }
}

fn write_all(results: &Results, conditions: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    fs::write(
        folder.join("programs.md"),
        markdown::text(results, conditions),
    )?;
    fs::write(folder.join("programs.csv"), sheets::summary(results))?;
    fs::write(folder.join("runs.csv"), sheets::runs(results))?;
    plot::draw(results, &folder.join("programs.svg"))?;
    for cost in COSTS.iter().filter(|cost| cost.was_measured(results)) {
        let mut text = String::new();
        for measure in Measure::ALL {
            cost.write(&mut text, results, measure)?;
        }
        print!("{text}");
    }
    eprintln!("written to {}", folder.display());
    Ok(())
}
