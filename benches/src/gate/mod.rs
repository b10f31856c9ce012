//! The gate that noise cannot break: instructions an operation, counted by callgrind, against blessed numbers.
//!
//! Owns the order of events. A `subject` is a small program whose global allocator is the one under test and
//! that does one of the `workloads` so many times; `callgrind` counts it, `counts` holds and compares.
//! Counts are exact for one compiler, so that on another the gate says that it is skipped.

mod callgrind;
mod counts;
pub mod subject;
mod workloads;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::COMPILER;
use counts::Counts;

/// Counts instructions and compares them with the blessed counts.
#[derive(Debug, Parser)]
#[command(name = "gate", version)]
struct Options {
    /// Takes what is counted as right from now on
    #[arg(long)]
    bless: bool,
    /// Only workloads whose name contains this; may be repeated
    #[arg(long, value_name = "PATTERN", conflicts_with = "bless")]
    workload: Vec<String>,
}

/// Configurations whose counts are held.
const OURS: [&str; 2] = ["general", "default"];
/// Counted beside them, if it is built.
const RIVAL: &str = "mimalloc";

/// Where the blessed counts are.
fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("gate/counts.json")
}

/// The program `gate`.
#[must_use]
pub fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("gate: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the gate is passed.
fn run(options: &Options) -> Result<bool, String> {
    if !callgrind::is_there() {
        let required = options.bless || env::var_os("ORTHOTOPE_REQUIRE_PROGRAMS").is_some();
        println!("gate: skipped: there is no valgrind");
        return Ok(!required);
    }
    let blessed = if options.bless {
        Counts::default()
    } else {
        Counts::read(&file())?
    };
    if !options.bless && blessed.compiler != COMPILER {
        println!(
            "gate: skipped: the counts are blessed for {}, this is {COMPILER}",
            blessed.compiler
        );
        return Ok(true);
    }

    let mut names = OURS.to_vec();
    if cfg!(feature = "rivals") {
        names.push(RIVAL);
    }
    let chosen = choose(&options.workload)?;
    let counted = count(&names, &chosen)?;
    if options.bless {
        let mut counted = counted;
        counted.instructions.remove(RIVAL);
        counted.write(&file())?;
        println!("gate: blessed for {COMPILER}");
        return Ok(true);
    }
    let (table, passed) = blessed.compare(&counted, &chosen, &OURS);
    print!("{table}");
    print!("{}", counts::to_reach(&counted));
    println!("gate: {}", if passed { "passed" } else { "not passed" });
    Ok(passed)
}

fn choose(patterns: &[String]) -> Result<Vec<&'static str>, String> {
    let all: Vec<&str> = workloads::ALL.iter().map(|(name, _)| *name).collect();
    for pattern in patterns {
        if !all.iter().any(|name| name.contains(pattern)) {
            return Err(format!(
                "no workload's name contains {pattern:?}; there are {}",
                all.join(", ")
            ));
        }
    }
    let asked = |name: &&str| {
        patterns.is_empty()
            || patterns
                .iter()
                .any(|pattern| name.contains(pattern.as_str()))
    };
    Ok(all.into_iter().filter(asked).collect())
}

fn count(names: &[&str], chosen: &[&str]) -> Result<Counts, String> {
    let programs = callgrind::build(names)?;
    let mut instructions = BTreeMap::new();
    for (name, program) in names.iter().zip(&programs) {
        let mut counts = BTreeMap::new();
        for &(workload, times) in &workloads::ALL {
            if !chosen.contains(&workload) || !workloads::exists(workload, name) {
                continue;
            }
            eprintln!("gate: {workload} on {name}");
            counts.insert(
                workload.to_owned(),
                callgrind::count(program, workload, times)?,
            );
        }
        instructions.insert((*name).to_owned(), counts);
    }
    Ok(Counts {
        compiler: COMPILER.to_owned(),
        instructions,
    })
}

#[cfg(test)]
mod tests {
    use super::{Counts, choose, file};

    #[test]
    fn a_wrong_workload_is_answered_with_the_right_ones() {
        let message = choose(&[String::from("bxo")]).expect_err("there is no such workload");
        assert!(message.contains("\"bxo\"") && message.contains("box_u64"));
        assert_eq!(choose(&[String::from("box_u64")]), Ok(vec!["box_u64"]));
    }

    #[test]
    fn the_blessed_counts_can_be_read() {
        let counts = Counts::read(&file()).expect("they are in the repository");
        assert!(counts.instructions.contains_key("general"));
        assert!(counts.instructions.contains_key("default"));
    }
}
