//! A small retrieval service in one process: read a folder, embed its passages, answer queries.
//!
//! Read in this order: [`args`] (the command line), [`queries`] (the default ones), [`corpus`] (files to
//! passages), [`embed`] (text to vectors), [`index`] (all passages to vectors, on worker threads), [`search`]
//! (vectors to answers), [`report`] (answers and figures to text), [`progress`] (what a waiting user sees).
//!
//! Nothing here knows which allocator serves it: [`run`] gets the allocator's statistics as something to
//! print. The answers depend on the folder and the queries alone, never on the number of threads.

pub mod args;
pub mod corpus;
pub mod embed;
mod error;
pub mod index;
pub mod progress;
pub mod queries;
pub mod report;
pub mod search;

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use self::args::Args;
pub use self::error::Error;

use self::corpus::Corpus;
use self::index::{Index, Workers};
use self::progress::Progress;
use self::report::Figures;
use self::search::Query;

/// Reads the folder, indexes it, answers the queries and reports to `out`; progress goes to stderr.
///
/// `allocator` is asked for its statistics at the end, when they cover the whole run.
pub fn run<S: Display>(
    args: &Args,
    out: &mut impl Write,
    allocator: impl FnOnce() -> S,
) -> Result<(), Error> {
    let folder = args.folder.clone().unwrap_or_else(default_folder);
    let progress = Progress::reading(&folder);
    let mut corpus = Corpus::read(&folder, |files| progress.files(files))?;
    if args.queries.is_empty() {
        corpus.leave_out(queries::SOURCE);
    }

    progress.indexing(corpus.passages.len());
    let workers = Workers {
        threads: args.threads(),
        batch: args.batch(),
    }
    .for_items(corpus.passages.len());
    let start = Instant::now();
    let index = Index::build(&corpus, workers, |passages| progress.passages(passages))?;
    let indexing = start.elapsed();
    progress.finish(&corpus, indexing);

    report::corpus(out, &folder, &corpus)?;
    let queries: Vec<Query> = args.queries().map(Query::new).collect();
    for query in &queries {
        let hits = index.top(&index.embed_query(query), args.top());
        report::answer(out, &corpus, &index, query, &hits)?;
    }
    // Nobody should wait for the answers while their latency is being measured.
    out.flush()?;
    let figures = Figures {
        passages: corpus.passages.len(),
        indexing,
        workers,
        latency: search::measure(&index, &queries, args.top()),
        peak_resident: report::peak_resident(),
    };
    report::figures(out, &figures)?;
    report::allocator(out, allocator())?;
    Ok(out.flush()?)
}

/// The project's own sources, where this program was built; the current folder once it has moved away.
#[must_use]
pub fn default_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .filter(|root| root.join("Cargo.toml").is_file())
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
