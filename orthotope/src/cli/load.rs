//! Files to one profile, and what is wrong with them.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use orthotope_runtime::profile::{Profile, ProfileError};

/// Why a command could not be done. Names the file or the value, the line if there is one, and the mend.
#[derive(Debug)]
pub(crate) enum Failure {
    Read(PathBuf, io::Error),
    Malformed(PathBuf, ProfileError),
    Empty(Vec<PathBuf>),
    Write(PathBuf, io::Error),
    /// An alignment that does not go with the other settings, and what would.
    Align(usize, &'static str),
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) if error.kind() == io::ErrorKind::NotFound => write!(
                f,
                "{}: there is no such file; record a profile with `orthotope::Recorder` and ORTHOTOPE_PROFILE={}",
                path.display(),
                path.display()
            ),
            Self::Read(path, error) if error.kind() == io::ErrorKind::InvalidData => {
                write!(f, "{}: not text; record the profile again", path.display())
            }
            Self::Read(path, error) => write!(
                f,
                "{}: cannot be read: {error}; name a file that you may read",
                path.display()
            ),
            Self::Malformed(path, error) => {
                write!(
                    f,
                    "{}:{}: {}",
                    path.display(),
                    error.line(),
                    error.message()
                )
            }
            Self::Empty(paths) => {
                for path in paths {
                    write!(f, "{}: ", path.display())?;
                }
                f.write_str("no allocation was recorded; record the program while it does its work")
            }
            Self::Write(path, error) => write!(
                f,
                "{}: cannot be written: {error}; check that the folder exists and has room",
                path.display()
            ),
            Self::Align(align, mend) => write!(f, "--align {align}: {mend}"),
            Self::Output(error) => write!(f, "the output cannot be written: {error}"),
        }
    }
}

/// Reads one profile.
pub(crate) fn read(path: &Path) -> Result<Profile, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::Read(path.into(), error))?;
    Profile::parse(&text).map_err(|error| Failure::Malformed(path.into(), error))
}

/// All of them as one, in which something was allocated.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Profile, Failure> {
    let merged = merge(paths, |_| {})?;
    if merged.is_empty() {
        return Err(Failure::Empty(paths.to_vec()));
    }
    Ok(merged)
}

/// All of them as one; `done` hears of each.
pub(crate) fn merge(paths: &[PathBuf], mut done: impl FnMut(usize)) -> Result<Profile, Failure> {
    let mut merged = Profile {
        processes: 0,
        threads: 0,
        bins: Vec::new(),
    };
    for (index, path) in paths.iter().enumerate() {
        merged.merge(&read(path)?);
        done(index + 1);
    }
    Ok(merged)
}

/// Writes a file whole or not at all: beside its place, then renamed.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // It may not exist; the first error is what matters.
        let _ = fs::remove_file(&beside);
        Failure::Write(path.into(), error)
    })
}
