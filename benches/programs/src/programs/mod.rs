//! The work: each program is a published crate doing what its users have it do, a fixed number of times.
//!
//! A program is a function from a number of passes to a digest of all that it computed. Inputs are generated
//! from fixed seeds, so that nothing but the allocator differs between two processes.

mod captures;
mod database;
mod document;
mod echo;
#[cfg(feature = "ml")]
mod encoder;
mod json;
mod search;
mod strings;
mod syntax;
#[cfg(feature = "ml")]
mod tokens;

/// A program and how much of it there is.
#[derive(Debug)]
pub struct Program {
    /// What to ask for it by.
    pub name: &'static str,
    /// What it does, for the report.
    pub work: &'static str,
    /// Passes of a full run: 1 to 2 seconds under glibc on the machine that the README names.
    pub full: u32,
    /// Passes with `--quick`.
    pub quick: u32,
    /// Whether it hardly allocates, so that no allocator should matter.
    pub control: bool,
    /// Does so many passes and returns the digest.
    pub run: fn(u32) -> u64,
}

/// Every program of this build, in the order of the report.
pub const PROGRAMS: &[Program] = &[
    Program {
        name: "serde_json",
        work: "parse and write an array of 40,000 objects as `Value`",
        full: 14,
        quick: 2,
        control: false,
        run: json::run,
    },
    Program {
        name: "syn",
        work: "parse a generated Rust file of 7,000 lines and visit its tree",
        full: 28,
        quick: 5,
        control: false,
        run: syntax::run,
    },
    Program {
        name: "regex",
        work: "captures of 20,000 lines of a log, to strings",
        full: 50,
        quick: 8,
        control: false,
        run: captures::run,
    },
    Program {
        name: "rayon",
        work: "300,000 strings built, sorted and grouped in parallel",
        full: 3,
        quick: 1,
        control: false,
        run: strings::run,
    },
    Program {
        name: "axum",
        work: "JSON echoed over loopback to 16 connections",
        full: 2_500,
        quick: 400,
        control: false,
        run: echo::run,
    },
    Program {
        name: "redb",
        work: "20,000 inserts into a database in memory",
        full: 20,
        quick: 3,
        control: false,
        run: database::run,
    },
    #[cfg(feature = "ml")]
    Program {
        name: "tokenizers",
        work: "BPE over 1,000 texts by `encode_batch`",
        full: 8,
        quick: 2,
        control: false,
        run: tokens::run,
    },
    #[cfg(feature = "ml")]
    Program {
        name: "candle",
        work: "encoder of 6 layers, batches of 8, lengths of 16 to 128",
        full: 8,
        quick: 2,
        control: false,
        run: encoder::run,
    },
    Program {
        name: "grep",
        work: "a regular expression over a generated tree of 600 files (control)",
        full: 24,
        quick: 4,
        control: true,
        run: search::run,
    },
];

/// The program of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.name == name)
}

/// All names, with `between` between them.
#[must_use]
pub fn names(between: &str) -> String {
    let names: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
    names.join(between)
}
