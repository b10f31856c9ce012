//! What a waiting user sees on stderr: a live line on a terminal, one plain line otherwise.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::corpus::Corpus;
use super::index::Index;

/// How often the live line is redrawn while nothing is reported.
const TICK: Duration = Duration::from_millis(100);

/// The live line. Draws nothing where stderr is no terminal.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Shows that files are being read.
    #[must_use]
    pub fn reading(folder: &Path) -> Self {
        let bar = ProgressBar::new_spinner()
            .with_style(style("{spinner} reading {msg}: {pos} files"))
            .with_message(folder.display().to_string());
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// So many files have been read.
    pub fn files(&self, count: usize) {
        self.0.set_position(count as u64);
    }

    /// Shows that so many passages are being indexed.
    pub fn indexing(&self, passages: usize) {
        self.0.reset();
        self.0.set_length((passages * Index::PASSES) as u64);
        self.0.set_message(format!("{passages} passages"));
        self.0
            .set_style(style("indexing {msg} {bar:30} {percent}%, {eta} left"));
    }

    /// So many more passages went through a pass.
    pub fn passages(&self, count: usize) {
        self.0.inc(count as u64);
    }

    /// Replaces the live line by the one that stays.
    pub fn finish(&self, corpus: &Corpus, took: Duration) {
        self.0.finish_and_clear();
        // A closed stderr is no reason to stop.
        let _ = writeln!(
            io::stderr(),
            "indexed {} passages of {} files in {:.2} s",
            corpus.passages.len(),
            corpus.documents.len(),
            took.as_secs_f64(),
        );
    }
}

impl Drop for Progress {
    /// An error message must not share the live line.
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are well formed")
}
