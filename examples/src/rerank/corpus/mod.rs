//! The text of a folder, in memory: documents, and the passages they split into.
//!
//! [`walk`] finds and reads the files, [`passages`] splits them. Passages are numbered in the order of their
//! files' names and lines, whatever order the system lists a folder in; the numbers settle ties later.

pub mod passages;
pub mod walk;

use std::ops::{ControlFlow, Range};
use std::path::Path;

pub use self::walk::Skipped;
use super::Error;

/// One file that was read.
#[derive(Debug)]
pub struct Document {
    /// Path below the folder, fit to print.
    pub name: String,
    /// What the file says.
    pub text: String,
}

/// A piece of a document, small enough to be about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Position of the document in [`Corpus::documents`].
    pub document: usize,
    /// First line, counted from 1.
    pub line: usize,
    /// Where in the document's text.
    pub range: Range<usize>,
}

/// A folder's text.
#[derive(Debug, Default)]
pub struct Corpus {
    /// The files read, ordered.
    pub documents: Vec<Document>,
    /// The pieces of all of them, in the same order.
    pub passages: Vec<Passage>,
    /// What was left out, by reason.
    pub skipped: Skipped,
}

impl Corpus {
    /// Reads all text below `folder`; `progress` hears how many files have been read so far.
    pub fn read(folder: &Path, progress: impl FnMut(usize)) -> Result<Self, Error> {
        Self::read_some(folder, usize::MAX, progress)
    }

    /// The same up to the file with which it is `enough` bytes of text.
    pub fn read_some(
        folder: &Path,
        enough: usize,
        mut progress: impl FnMut(usize),
    ) -> Result<Self, Error> {
        let mut corpus = Self::default();
        let mut bytes = 0;
        corpus.skipped = walk::walk(folder, |name, text| {
            let document = corpus.documents.len();
            corpus
                .passages
                .extend(passages::split(&text).map(|(line, range)| Passage {
                    document,
                    line,
                    range,
                }));
            bytes += text.len();
            corpus.documents.push(Document { name, text });
            progress(document + 1);
            if bytes < enough {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        if corpus.passages.is_empty() {
            return Err(Error::NoText(folder.to_owned(), corpus.skipped));
        }
        Ok(corpus)
    }

    /// Drops the passages of a document; nothing happens if there is none of that name.
    pub fn leave_out(&mut self, name: &str) {
        let documents = &self.documents;
        self.passages
            .retain(|passage| documents[passage.document].name != name);
    }

    /// The words of a passage.
    #[must_use]
    pub fn text(&self, passage: &Passage) -> &str {
        &self.documents[passage.document].text[passage.range.clone()]
    }

    /// Bytes of text held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.documents
            .iter()
            .map(|document| document.text.len())
            .sum()
    }
}
