//! Published crates at work, unmodified: the programs that must not notice which allocator they have.
//!
//! Each program is a function without arguments whose result is a line that depends on everything it
//! computed and on nothing else: same line, same behaviour. A binary declares a global allocator and
//! passes control to [`main`]; a test compares the lines of two binaries.

use std::process::ExitCode;

pub mod captures;
pub mod document;
pub mod echo;
pub mod json;
pub mod pack;
pub mod sort;

/// A workload: a name to ask for it by, and what computes its line.
type Program = (&'static str, fn() -> String);

/// Every program there is.
const PROGRAMS: [Program; 5] = [
    ("serde_json", json::run),
    ("regex", captures::run),
    ("rayon", sort::run),
    ("flate2", pack::run),
    ("tokio", echo::run),
];

/// Runs the program that the first argument names and prints its line on standard output.
///
/// `allocator` names the global allocator and says how many bytes of its arena it has handed out by
/// now; that goes to standard error as `ALLOCATOR_USED=` and `HANDED_OUT=`, where it proves that the
/// program really ran on it.
#[must_use]
pub fn main(allocator: fn() -> (&'static str, usize)) -> ExitCode {
    let asked = std::env::args().nth(1).unwrap_or_default();
    let Some((_, run)) = PROGRAMS.iter().find(|(name, _)| *name == asked) else {
        let names: Vec<&str> = PROGRAMS.iter().map(|(name, _)| *name).collect();
        eprintln!("no program {asked:?}; there are: {}", names.join(", "));
        return ExitCode::from(2);
    };
    println!("{}", run());
    let (name, handed_out) = allocator();
    eprintln!("ALLOCATOR_USED={name}\nHANDED_OUT={handed_out}");
    ExitCode::SUCCESS
}
