//! What to run, as the command line says it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::Contender;
use crate::comparison::selection::{self, Selection};
use crate::measure::Plan;
use crate::workloads::Workload;

/// Compares allocators: each allocator and workload in a process of its own, taken in turns.
#[derive(Debug, Parser)]
#[command(name = "report", version)]
pub(super) struct Options {
    /// Fewer workloads, shorter, in under three minutes
    #[arg(long)]
    pub(super) quick: bool,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// How often each is measured [default: 7; with --quick as often as fits, at most 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: Option<u32>,
    /// Where the report goes
    #[arg(long, value_name = "FOLDER", default_value = "target/report")]
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
    pub(super) warm_up_ms: u64,
    #[arg(long)]
    pub(super) time_ms: u64,
}

impl Options {
    pub(super) fn from_command_line() -> Self {
        Self::parse()
    }

    /// How often each is measured.
    pub(super) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 })
    }

    /// How long each is measured.
    pub(super) fn plan(&self) -> Plan {
        let (warm_up, time) = if self.quick { (20, 50) } else { (60, 150) };
        Plan {
            warm_up: Duration::from_millis(warm_up),
            time: Duration::from_millis(time),
        }
    }

    /// After how long no further workload starts. Who says how many rounds gets them all.
    pub(super) fn limit(&self) -> Option<Duration> {
        (self.quick && self.rounds.is_none()).then_some(Duration::from_secs(150))
    }

    /// The allocators asked for, in the order of `all`.
    pub(super) fn contenders(&self, all: Vec<Contender>) -> Result<Vec<Contender>, String> {
        selection::allocators(all, &self.selection.allocator, |contender| contender.name)
    }

    /// The workloads asked for, in the order of `all`. Naming one beats `--quick`'s selection.
    pub(super) fn workloads(&self, all: Vec<Workload>) -> Result<Vec<Workload>, String> {
        selection::workloads(
            all,
            &self.selection.workload,
            |workload| &workload.name,
            |workload| workload.quick || !self.quick,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::comparison::Role;
    use crate::report::Contender;
    use crate::workloads::catalogue;
    use clap::Parser;
    use std::alloc::System;

    fn options(arguments: &[&str]) -> Options {
        let arguments = std::iter::once("report").chain(arguments.iter().copied());
        Options::try_parse_from(arguments).expect("the arguments are legal")
    }

    fn contender(name: &'static str) -> Contender {
        Contender {
            name,
            package: None,
            role: Role::Rival,
            expansion: 2,
            prepare: |workload| workload.prepare(&System),
        }
    }

    #[test]
    fn a_wrong_allocator_is_answered_with_the_right_ones() {
        let all = vec![contender("glibc"), contender("general")];
        let message = options(&["--allocator", "gilbc"])
            .contenders(all)
            .expect_err("there is no such allocator");
        assert!(message.starts_with("no allocator \"gilbc\"; there are glibc, general"));
    }

    #[test]
    fn a_wrong_workload_is_answered_with_the_right_ones() {
        let message = options(&["--workload", "lasron"])
            .workloads(catalogue())
            .expect_err("there is no such workload");
        assert!(message.contains("\"lasron\"") && message.contains("larson/64"));
    }

    #[test]
    fn selections_keep_the_order() {
        let all = vec![contender("a"), contender("b"), contender("c")];
        let chosen = options(&["--allocator", "c", "--allocator", "a"]).contenders(all);
        let names: Vec<&str> = chosen.expect("both exist").iter().map(|c| c.name).collect();
        assert_eq!(names, ["a", "c"]);
    }

    #[test]
    fn a_named_workload_is_run_even_in_a_quick_run() {
        let arguments = ["--quick", "--workload", "random_replacement/10000000"];
        let chosen = options(&arguments).workloads(catalogue());
        assert_eq!(chosen.expect("it exists").len(), 1);
    }

    #[test]
    fn no_rounds_are_refused() {
        assert!(Options::try_parse_from(["report", "--rounds", "0"]).is_err());
    }
}
