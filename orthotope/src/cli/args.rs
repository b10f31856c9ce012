//! The command line: what may be asked for, within which bounds, and the defaults.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, value_parser};

/// Derive an allocator from how a program allocates.
///
/// Record a profile first: wrap the program's allocator in `orthotope::Recorder` and run it with the environment
/// variable ORTHOTOPE_PROFILE set to a file's name.
#[derive(Debug, Parser)]
#[command(
    name = "orthotope",
    version,
    after_help = "Exit status: 0 when it is done, 1 when a file cannot be used, 2 for a wrong command line."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the attribute to paste, and what is wasted before and after
    Tune {
        /// Recorded profiles; several are merged
        #[arg(required = true, value_name = "PROFILE")]
        profiles: Vec<PathBuf>,

        #[command(flatten)]
        choice: Choice,
    },

    /// Merge the profiles of several processes into one: their sum
    Merge {
        /// Recorded profiles
        #[arg(required = true, value_name = "PROFILE")]
        profiles: Vec<PathBuf>,

        /// File to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },

    /// Print a histogram of what was asked for
    Show {
        /// Recorded profiles; several are merged
        #[arg(required = true, value_name = "PROFILE")]
        profiles: Vec<PathBuf>,
    },

    /// Write a page with the sizes, the classes and what each allocator's table wastes
    Report {
        /// Recorded profiles; several are merged
        #[arg(required = true, value_name = "PROFILE")]
        profiles: Vec<PathBuf>,

        /// HTML file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,

        #[command(flatten)]
        choice: Choice,
    },
}

/// What the table is made for.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Choice {
    /// Most classes, spare ones included [default: the fewest that waste within 1 % of the best 64]
    #[arg(short, long, value_name = "N", value_parser = value_parser!(u8).range(1..))]
    pub(crate) classes: Option<u8>,

    /// What else the attribute starts from
    #[arg(short, long, value_enum, default_value_t = Preset::General)]
    pub(crate) preset: Preset,

    /// Headers, other than the preset's
    #[arg(long, value_name = "BOOL")]
    pub(crate) header: Option<bool>,

    /// Alignment of every pointer in bytes, a power of two, other than the preset's
    #[arg(long, value_name = "BYTES", value_parser = align)]
    pub(crate) align: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// No header, alignment 8
    General,
    /// A header before each block, alignment 64
    Tensor,
}

fn align(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|align: &usize| align.is_power_of_two() && (8..=2 << 20).contains(align))
        .ok_or_else(|| String::from("write a power of two from 8 to 2097152"))
}
