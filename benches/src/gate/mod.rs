//! The gate that noise cannot break: instructions an operation, counted by callgrind, against blessed numbers.
//!
//! Owns the order of events. A `subject` is a small program whose global allocator is the one under test and
//! that does one of the `workloads` so many times; `callgrind` counts it, `counts` holds and compares.
//! Counts are exact for one compiler and target, so that on another the gate says that it is skipped.

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
use crate::comparison::{USAGE, selection};
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
const OURS: [&str; 3] = ["general", "default", "hardened"];
/// Counted beside them, if it is built.
const RIVAL: &str = "mimalloc";
/// `general` in the profile `release` as cargo has it, without LTO: counted beside them, for `Box` alone.
const PLAIN: &str = "plain";

/// Where the blessed counts are.
fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("gate/counts.json")
}

/// The program `gate`.
#[must_use]
pub fn main() -> ExitCode {
    let options = Options::parse();
    let chosen = match choose(&options.workload) {
        Ok(chosen) => chosen,
        Err(message) => {
            eprintln!("gate: {message}");
            return ExitCode::from(USAGE);
        }
    };
    match run(&options, &chosen) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("gate: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the gate is passed.
fn run(options: &Options, chosen: &[&str]) -> Result<bool, String> {
    if !callgrind::is_there() {
        let required = options.bless || env::var_os("ORTHOTOPE_REQUIRE_PROGRAMS").is_some();
        println!("gate: skipped: there is no valgrind");
        return Ok(!required);
    }
    if !cfg!(all(
        target_arch = "x86_64",
        target_os = "linux",
        target_env = "gnu"
    )) {
        println!("gate: skipped: the counts are those of x86-64 Linux with the GNU C library");
        return Ok(!options.bless);
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
    let counted = count(&names, chosen)?;
    if options.bless {
        let mut counted = counted;
        counted
            .instructions
            .retain(|name, _| OURS.contains(&name.as_str()));
        counted.write(&file())?;
        println!("gate: blessed for {COMPILER}");
        return Ok(true);
    }
    let (table, passed) = blessed.compare(&counted, chosen, &OURS);
    print!("{table}");
    print!("{}", counts::to_reach(&counted));
    println!("gate: {}", if passed { "passed" } else { "not passed" });
    Ok(passed)
}

fn choose(patterns: &[String]) -> Result<Vec<&'static str>, String> {
    let all = workloads::ALL.map(|(name, _)| name);
    selection::workloads(all.into(), patterns, |name| name, |_| true)
}

fn count(names: &[&str], chosen: &[&str]) -> Result<Counts, String> {
    let mut instructions = BTreeMap::new();
    // Before the others, whose programs are to stay where both profiles put them.
    if chosen.iter().any(|name| workloads::exists(name, PLAIN)) {
        for program in callgrind::build("release", &["general"])? {
            instructions.insert(PLAIN.to_owned(), count_one(PLAIN, &program, chosen)?);
        }
    }
    for (name, program) in names.iter().zip(callgrind::build("bench", names)?) {
        instructions.insert((*name).to_owned(), count_one(name, &program, chosen)?);
    }
    Ok(Counts {
        compiler: COMPILER.to_owned(),
        instructions,
    })
}

/// What `program`, which is `name` in the table, takes for each of the workloads `chosen`.
fn count_one(name: &str, program: &Path, chosen: &[&str]) -> Result<BTreeMap<String, f64>, String> {
    let mut counts = BTreeMap::new();
    for &(workload, times) in &workloads::ALL {
        if chosen.contains(&workload) && workloads::exists(workload, name) {
            eprintln!("gate: {workload} on {name}");
            let count = callgrind::count(program, workload, times)?;
            counts.insert(workload.to_owned(), count);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::{Counts, OURS, choose, file};

    #[test]
    fn a_wrong_workload_is_answered_with_the_right_ones() {
        let message = choose(&[String::from("bxo")]).expect_err("there is no such workload");
        assert!(message.contains("\"bxo\"") && message.contains("box_u64"));
        assert_eq!(choose(&[String::from("box_u64")]), Ok(vec!["box_u64"]));
    }

    #[test]
    fn the_blessed_counts_can_be_read() {
        let counts = Counts::read(&file()).expect("they are in the repository");
        for name in OURS {
            assert!(counts.instructions.contains_key(name), "{name} is missing");
        }
    }
}
