//! The examples' work under rivals, `general` and the allocator tuned to each: what the program `tuned` does.
//!
//! A program has one global allocator, so each cell of the table is one: `tuned-mimalloc` runs any example,
//! `tuned-json_service` the one that its classes were derived from. They take turns, round for round. Read in this order: `child`,
//! one run; `watch`, its memory seen from outside; `table`, what came of all. Knows no example: the programs, in `examples/`, say what there is.

mod child;
mod table;
mod watch;

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;

use crate::comparison::circumstances::Circumstances;
use crate::comparison::{Role, turns};
use child::Answer;
pub use child::main as child;
use table::Table;

/// Run the tuned examples under each allocator, in turns, and compare memory and time.
///
/// The programs `tuned-…` must be built beside this one: cargo build --profile bench -p orthotope-benches --features rivals --examples
#[derive(Debug, Parser)]
struct Options {
    /// Rounds, each with every cell
    #[arg(short, long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Divide each example's work by this
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    divide: u64,
}

/// An example's work.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The example's name.
    pub name: &'static str,
    /// How much of it is done.
    pub effort: u64,
}

/// How the programs are built.
const BUILD: &str = "cargo build --profile bench -p orthotope-benches --features rivals --examples";

/// A column of the tables.
struct Cell {
    name: &'static str,
    package: Option<&'static str>,
    role: Role,
    /// The program that runs every example, if it is not one of the example's own.
    binary: Option<&'static str>,
}

const COLUMNS: [Cell; 4] = [
    Cell {
        name: "mimalloc",
        package: Some("mimalloc"),
        role: Role::Rival,
        binary: Some("tuned-mimalloc"),
    },
    Cell {
        name: "jemalloc",
        package: Some("tikv-jemallocator"),
        role: Role::Rival,
        binary: Some("tuned-jemalloc"),
    },
    Cell {
        name: "general",
        package: None,
        role: Role::Ours,
        binary: Some("tuned-general"),
    },
    Cell {
        name: "tuned",
        package: None,
        role: Role::Ours,
        binary: None,
    },
];

/// Measures what the command line asks for. Ends with 2 if a program is missing, with 1 if one failed.
#[must_use]
pub fn main(loads: impl IntoIterator<Item = Load>) -> ExitCode {
    let options = Options::parse();
    let Some(folder) = folder() else {
        eprintln!("tuned: cannot tell where this program lies");
        return ExitCode::from(2);
    };
    let circumstances = Circumstances::here();
    let mut tables: Vec<(Load, Table)> = loads
        .into_iter()
        .map(|load| {
            (
                load,
                Table::new(COLUMNS.iter().map(|cell| (cell.name, cell.role))),
            )
        })
        .collect();
    for round in 1..=options.rounds {
        eprintln!("tuned: round {round} of {}", options.rounds);
        for (load, table) in &mut tables {
            for column in turns::order(round as usize, COLUMNS.len()) {
                let cell = &COLUMNS[column];
                let own = format!("tuned-{}", load.name);
                let path = folder.join(cell.binary.unwrap_or(&own));
                match ask(&path, *load, options.divide) {
                    Ok(answer) => table.add(column, answer),
                    Err(error) => {
                        eprintln!("tuned: {}: {error}", path.display());
                        return if path.is_file() {
                            ExitCode::FAILURE
                        } else {
                            ExitCode::from(2)
                        };
                    }
                }
            }
        }
    }
    let allocators = COLUMNS
        .iter()
        .map(|cell| (cell.name, cell.package, cell.role));
    println!("{}", circumstances.list(allocators));
    println!(
        "Medians of {} rounds, each cell a process of its own, in an order that changes each round.\n",
        options.rounds
    );
    for (load, table) in &tables {
        println!("#### `{}`\n\n{table}", load.name);
    }
    let same = tables.iter().all(|(_, table)| table.same_sums());
    if !same {
        eprintln!("tuned: the allocators' runs computed different things");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn folder() -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    own.parent().map(Path::to_path_buf)
}

fn ask(binary: &Path, load: Load, divide: u64) -> Result<Answer, String> {
    let effort = (load.effort / divide).max(1).to_string();
    let mut child = Command::new(binary)
        .args([load.name, &effort])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{error}; build it: {BUILD}"))?;
    let (status, resident_kib) = watch::wait(&mut child).map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("ended with {status}"));
    }
    // One line, which the pipe held.
    let said = child.stdout.take().map(io::read_to_string).transpose();
    let said = said.map_err(|error| error.to_string())?.unwrap_or_default();
    let answer: Answer =
        serde_json::from_str(&said).map_err(|error| format!("answers nonsense: {error}"))?;
    Ok(Answer {
        peak_kib: answer.peak_kib.max(resident_kib),
        ..answer
    })
}
