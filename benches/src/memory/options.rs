//! What to run, as the command line says it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{Contender, Effort, Workload};
use crate::comparison::selection::{self, Selection};

/// Compares what allocators keep: each allocator and workload in a process of its own, taken in turns.
#[derive(Debug, Parser)]
#[command(name = "memory", version)]
pub(super) struct Options {
    /// Shorter, and one round, in about two minutes
    #[arg(long)]
    pub(super) quick: bool,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// How often each is measured [default: 7; with --quick 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: Option<u32>,
    /// Where the report goes
    #[arg(long, value_name = "FOLDER", default_value = "target/memory")]
    pub(super) output: PathBuf,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measures one workload on one allocator in this process.
    #[command(hide = true)]
    Measure(Request),
}

/// What one child measures.
#[derive(Debug, Args)]
pub(super) struct Request {
    #[command(flatten)]
    pub(super) cell: selection::Cell,
    #[arg(long)]
    pub(super) quick: bool,
}

impl Request {
    pub(super) fn effort(&self) -> Effort {
        Effort { quick: self.quick }
    }
}

impl Options {
    pub(super) fn from_command_line() -> Self {
        Self::parse()
    }

    /// How often each is measured.
    pub(super) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 1 } else { 7 })
    }

    /// The allocators asked for, in the order of `all`.
    pub(super) fn contenders(&self, all: Vec<Contender>) -> Result<Vec<Contender>, String> {
        selection::allocators(all, &self.selection.allocator, |contender| contender.name)
    }

    /// The workloads asked for, in the order of `all`.
    pub(super) fn workloads(&self, all: Vec<Workload>) -> Result<Vec<Workload>, String> {
        selection::workloads(
            all,
            &self.selection.workload,
            |workload| &workload.name,
            |_| true,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::memory::catalogue::catalogue;
    use clap::Parser;

    fn options(arguments: &[&str]) -> Options {
        let arguments = std::iter::once("memory").chain(arguments.iter().copied());
        Options::try_parse_from(arguments).expect("the arguments are legal")
    }

    #[test]
    fn a_quick_run_is_one_round_unless_said() {
        assert_eq!(options(&[]).rounds(), 7);
        assert_eq!(options(&["--quick"]).rounds(), 1);
        assert_eq!(options(&["--quick", "--rounds", "5"]).rounds(), 5);
    }

    #[test]
    fn workloads_are_chosen_by_a_part_of_their_name() {
        let chosen = options(&["--workload", "sweep"]).workloads(catalogue());
        assert_eq!(chosen.expect("there are some").len(), 7);
        let all = options(&[]).workloads(catalogue());
        assert_eq!(all.expect("nothing was asked for"), catalogue());
    }
}
