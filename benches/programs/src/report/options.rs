//! What to run, as the command line says it.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::PossibleValuesParser;

use super::allocators::{ALLOCATORS, Allocator, Role};
use super::costs::{Cost, HARDENING, HEAP_PROFILES};
use crate::programs::{PROGRAMS, Program};

/// Runs real programs under each allocator, a process each, in turns; writes times and peak memory.
#[derive(Debug, Parser)]
#[command(name = "programs-report", version)]
pub(super) struct Options {
    /// Less work in each program and 3 rounds
    #[arg(long)]
    pub(super) quick: bool,
    /// Only this program; may be repeated
    #[arg(long, value_name = "NAME", value_parser = program_names())]
    program: Vec<String>,
    /// Only this allocator; may be repeated
    #[arg(long, value_name = "NAME", value_parser = allocator_names())]
    allocator: Vec<String>,
    /// How often each program runs under each allocator [default: 7, with --quick 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: Option<u32>,
    /// Only the allocators that can be hardened, as they are and hardened, and what that costs
    #[arg(long, conflicts_with = "allocator")]
    hardened: bool,
    /// Only the allocators that can take heap profiles, with and without them, and what that costs
    #[arg(long, conflicts_with_all = ["allocator", "hardened"])]
    profiled: bool,
    /// Folder that the report is written to
    #[arg(long, value_name = "FOLDER", default_value = "target/programs-report")]
    pub(super) output: PathBuf,
    /// Names the programs and allocators, and runs nothing
    #[arg(long)]
    pub(super) list: bool,
}

fn program_names() -> PossibleValuesParser {
    PROGRAMS
        .iter()
        .map(|program| program.name)
        .collect::<Vec<_>>()
        .into()
}

fn allocator_names() -> PossibleValuesParser {
    ALLOCATORS
        .iter()
        .map(|allocator| allocator.name)
        .collect::<Vec<_>>()
        .into()
}

impl Options {
    pub(super) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 })
    }

    /// Those asked for, or all, in the order of the tables.
    pub(super) fn programs(&self) -> Vec<&'static Program> {
        let asked =
            |name| self.program.is_empty() || self.program.iter().any(|asked| asked == name);
        PROGRAMS
            .iter()
            .filter(|program| asked(program.name))
            .collect()
    }

    /// The feature whose cost is asked for.
    fn cost(&self) -> Option<&'static Cost> {
        match (self.hardened, self.profiled) {
            (true, _) => Some(&HARDENING),
            (_, true) => Some(&HEAP_PROFILES),
            _ => None,
        }
    }

    /// Those asked for, or all without such features, in the order of the tables.
    pub(super) fn allocators(&self) -> Vec<&'static Allocator> {
        let asked = |allocator: &Allocator| {
            if let Some(cost) = self.cost() {
                cost.concerns(allocator.name)
            } else if self.allocator.is_empty() {
                allocator.role != Role::Variant
            } else {
                self.named(allocator.name)
            }
        };
        ALLOCATORS
            .iter()
            .filter(|allocator| asked(allocator))
            .collect()
    }

    /// Whether this allocator was asked for by name, so that its absence is an error.
    pub(super) fn named(&self, allocator: &str) -> bool {
        self.allocator.iter().any(|asked| asked == allocator)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::Options;

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones_and_exit_code_2() {
        for (flag, legal) in [("--program", "serde_json"), ("--allocator", "snmalloc")] {
            let error =
                Options::try_parse_from(["report", flag, "nonsense"]).expect_err("no such name");
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(legal), "{error}");
        }
    }

    #[test]
    fn selections_keep_the_order_of_the_tables() {
        let arguments = [
            "report",
            "--allocator",
            "jemalloc",
            "--allocator",
            "general",
        ];
        let options = Options::try_parse_from(arguments).expect("both exist");
        let names: Vec<&str> = options
            .allocators()
            .iter()
            .map(|allocator| allocator.name)
            .collect();
        assert_eq!(names, ["general", "jemalloc"]);
        assert_eq!(options.rounds(), 7);
    }

    #[test]
    fn allocators_with_a_feature_run_with_their_plain_selves_or_by_name() {
        let run = |arguments: &[&str]| -> Vec<&str> {
            let options = Options::try_parse_from(arguments).expect("legal");
            let allocators = options.allocators();
            allocators.iter().map(|allocator| allocator.name).collect()
        };
        assert_eq!(run(&["report"]).len(), 7);
        assert_eq!(run(&["report", "--hardened"]).len(), 6);
        assert!(run(&["report", "--hardened"]).contains(&"mimalloc"));
        assert_eq!(run(&["report", "--profiled"]).len(), 4);
        let named = run(&["report", "--allocator", "mimalloc_secure"]);
        assert_eq!(named, ["mimalloc_secure"]);
    }

    #[test]
    fn no_rounds_are_refused() {
        assert!(Options::try_parse_from(["report", "--rounds", "0"]).is_err());
    }
}
