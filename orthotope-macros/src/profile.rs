//! Recorded profiles.
//!
//! Owns where a profile is looked for, and whether a file can be one. Deriving classes from it is
//! not available yet; a path that leads nowhere is told all the same.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a profile cannot be used. Displays as what follows "`profile` = …".
#[derive(Debug)]
pub(crate) enum ProfileError {
    Missing,
    Unreadable(io::Error),
    Malformed,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str(
                "names no file; the path is relative to the directory of the crate's Cargo.toml",
            ),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::Malformed => {
                f.write_str("is not a profile: a profile is one JSON object; record it again")
            }
        }
    }
}

/// Checks that `path`, relative to the crate's manifest, leads to a file that could be a profile.
pub(crate) fn check(path: &str) -> Result<(), ProfileError> {
    check_file(&manifest_directory().join(path))
}

fn manifest_directory() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default()
}

fn check_file(path: &Path) -> Result<(), ProfileError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            return Err(match error.kind() {
                io::ErrorKind::NotFound => ProfileError::Missing,
                io::ErrorKind::InvalidData => ProfileError::Malformed,
                _ => ProfileError::Unreadable(error),
            });
        }
    };
    let text = text.trim();
    if text.starts_with('{') && text.ends_with('}') {
        Ok(())
    } else {
        Err(ProfileError::Malformed)
    }
}
