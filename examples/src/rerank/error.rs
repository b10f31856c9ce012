//! Why a run ended early, in words that name the value at fault.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::corpus::Skipped;

/// Everything that stops a run. What can be skipped (one bad file among many) is counted instead.
#[derive(Debug)]
pub enum Error {
    /// The folder to read does not exist.
    Missing(PathBuf),
    /// The folder to read is something else.
    NotAFolder(PathBuf),
    /// The folder to read cannot be opened.
    Unreadable(PathBuf, io::Error),
    /// The folder was read and holds no passage of text.
    NoText(PathBuf, Skipped),
    /// The system refused a worker thread.
    NoThread {
        /// Which of them, counted from 1.
        number: usize,
        /// How many were asked for.
        wanted: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The report could not be written.
    Output(io::Error),
}

impl Error {
    /// Whether the reader of the report went away, as `head` does: nothing to complain about.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "no such folder: {}", path.display()),
            Self::NotAFolder(path) => write!(
                f,
                "not a folder: {} (name the folder that holds it)",
                path.display()
            ),
            Self::Unreadable(path, error) => {
                write!(f, "cannot read the folder {}: {error}", path.display())
            }
            Self::NoText(path, skipped) => {
                write!(f, "no text found in {} (skipped {skipped})", path.display())
            }
            Self::NoThread {
                number,
                wanted,
                source,
            } => write!(
                f,
                "cannot start worker thread {number} of {wanted}: {source} (try a smaller --threads)"
            ),
            Self::Output(error) => write!(f, "cannot write the report: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(_, source) | Self::NoThread { source, .. } | Self::Output(source) => {
                Some(source)
            }
            Self::Missing(_) | Self::NotAFolder(_) | Self::NoText(..) => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
