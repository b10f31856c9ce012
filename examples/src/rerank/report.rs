//! Answers and figures as text. Everything that is the same on every run comes before everything that is not.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::corpus::Corpus;
use super::corpus::walk::printable;
use super::index::{Index, Workers};
use super::search::{Hit, Query};

/// Characters of a passage that are shown.
const SNIPPET: usize = 100;

/// What a run measured.
#[derive(Debug)]
pub struct Figures {
    /// Passages indexed.
    pub passages: usize,
    /// How long both passes took.
    pub indexing: Duration,
    /// Who did it.
    pub workers: Workers,
    /// Of the queries, in nanoseconds.
    pub latency: Histogram<u64>,
    /// In bytes, where the system tells.
    pub peak_resident: Option<u64>,
}

/// Says what was read, and what was not.
pub fn corpus(out: &mut impl Write, folder: &Path, corpus: &Corpus) -> io::Result<()> {
    writeln!(
        out,
        "folder   {} ({} files, {:.2} MiB, {} passages)",
        printable(&folder.display().to_string()),
        corpus.documents.len(),
        mebibytes(corpus.bytes() as u64),
        corpus.passages.len(),
    )?;
    writeln!(out, "skipped  {}", corpus.skipped)
}

/// Prints the passages that answer a query.
pub fn answer(
    out: &mut impl Write,
    corpus: &Corpus,
    index: &Index,
    query: &Query,
    hits: &[Hit],
) -> io::Result<()> {
    writeln!(out, "\nquery    {}", printable(&query.text))?;
    for (rank, hit) in (1..).zip(hits) {
        let passage = &corpus.passages[hit.passage];
        let (below, line) = query.best_line(corpus.text(passage), &index.weights);
        writeln!(
            out,
            "{rank:>6}.  {:.3}  {}:{}",
            hit.score,
            corpus.documents[passage.document].name,
            passage.line + below,
        )?;
        writeln!(out, "         {}", snippet(line))?;
    }
    Ok(())
}

/// One line of a passage, fit for a terminal.
#[must_use]
pub fn snippet(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = printable(&words.join(" "));
    match line.char_indices().nth(SNIPPET) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Prints rate, latency and memory.
pub fn figures(out: &mut impl Write, figures: &Figures) -> io::Result<()> {
    let seconds = figures.indexing.as_secs_f64();
    writeln!(
        out,
        "\npassages per second   {:.0} ({} in {seconds:.3} s, threads {}, batch {})",
        figures.passages as f64 / seconds.max(1e-9),
        figures.passages,
        figures.workers.threads,
        figures.workers.batch,
    )?;
    let milliseconds = |quantile| figures.latency.value_at_quantile(quantile) as f64 / 1e6;
    writeln!(
        out,
        "query latency         p50 {:.3} ms, p99 {:.3} ms ({} queries)",
        milliseconds(0.50),
        milliseconds(0.99),
        figures.latency.len(),
    )?;
    match figures.peak_resident {
        Some(bytes) => writeln!(out, "peak resident memory  {:.1} MiB", mebibytes(bytes)),
        None => writeln!(out, "peak resident memory  not told by this system"),
    }
}

/// Prints the allocator's own view.
pub fn allocator(out: &mut impl Write, stats: impl Display) -> io::Result<()> {
    writeln!(out, "\nallocator\n{}", stats.to_string().trim_end())
}

/// The most memory this process ever had resident, in bytes. Linux tells it.
#[must_use]
pub fn peak_resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
