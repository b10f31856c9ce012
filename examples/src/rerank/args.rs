//! The command line: what may be asked for, within which bounds, and the defaults.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use clap::Parser;
use clap::value_parser;

use super::queries;

/// Find the passages of a folder of text that answer a question.
///
/// Reads every UTF-8 file below a folder, splits the files into passages, embeds each passage into 384
/// numbers (hashed character n-grams, TF-IDF weights) on worker threads, and prints the passages closest to
/// each query, with file and line. Then come passages per second, query latency, peak resident memory and
/// the allocator's own statistics.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "rerank",
    after_help = "Exit status: 0 when the queries were answered, 1 when the folder cannot be used, 2 for a \
                  wrong command line.\n\nExample: rerank docs --query \"how do I install it\" --top 5"
)]
pub struct Args {
    /// Folder to read [default: the sources and documents of Orthotope]
    ///
    /// Folders below it named `.git` or `target` are left out, and so are links, binary files and files that
    /// are not UTF-8; the report counts them.
    pub folder: Option<PathBuf>,

    /// Ask this; may be repeated [default: some questions about Orthotope]
    #[arg(short, long = "query", value_name = "TEXT", value_parser = query)]
    pub queries: Vec<String>,

    /// Passages to print for each query
    #[arg(short = 'n', long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..))]
    pub top: u32,

    /// Worker threads [default: one for each processor]
    #[arg(short = 'j', long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,

    /// Passages that a worker takes at a time
    #[arg(short, long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..))]
    pub batch: u32,
}

impl Args {
    /// The queries asked for, or the default set.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        let default = if self.queries.is_empty() {
            &queries::DEFAULT[..]
        } else {
            &[]
        };
        self.queries
            .iter()
            .map(String::as_str)
            .chain(default.iter().copied())
    }

    /// Passages to print for each query.
    #[must_use]
    pub fn top(&self) -> usize {
        self.top as usize
    }

    /// Worker threads to start.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.map_or_else(
            || available_parallelism().map_or(1, NonZeroUsize::get),
            |threads| threads as usize,
        )
    }

    /// Passages a worker takes at a time.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch as usize
    }
}

/// A query without a letter or digit has no n-gram, hence nothing to be close to.
fn query(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_alphanumeric) {
        Ok(text.to_owned())
    } else {
        Err("a query needs at least one letter or digit".to_owned())
    }
}
