//! Every text file below a folder, in a fixed order; what is no text is skipped and counted.
//!
//! Only regular files are opened: a link could lead in a circle, a pipe would never end.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use crate::rerank::Error;

/// Folders that hold no text of their author: version control's and the build's.
const LEFT_OUT: [&str; 2] = [".git", "target"];

/// A zero byte this early makes a file binary, as it does for `git` and `grep`.
const PROBE: u64 = 8 * 1024;

/// What was not read, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Files with a zero byte near the start.
    pub binary: usize,
    /// Files that are text in another encoding, or none.
    pub not_utf8: usize,
    /// Files and folders that the system would not let us read.
    pub unreadable: usize,
    /// Links, pipes, sockets and devices.
    pub special: usize,
    /// Folders left out by name.
    pub folders: usize,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} binary, {} not UTF-8, {} unreadable, {} links or special files, {} folders named {}",
            self.binary,
            self.not_utf8,
            self.unreadable,
            self.special,
            self.folders,
            LEFT_OUT.join(" or "),
        )
    }
}

/// Why one file has no text for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// A zero byte near the start.
    Binary,
    /// Not UTF-8.
    NotUtf8,
    /// The system refused it, or it vanished.
    Unreadable,
}

/// Calls `found` with the printable name (relative to `folder`) and the text of every text file, until it has enough.
pub fn walk(
    folder: &Path,
    mut found: impl FnMut(String, String) -> ControlFlow<()>,
) -> Result<Skipped, Error> {
    let unreadable = |error| Error::Unreadable(folder.to_owned(), error);
    match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::Missing(folder.to_owned()));
        }
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(Error::NotAFolder(folder.to_owned())),
        Ok(_) => {}
    }

    let mut skipped = Skipped::default();
    // A stack instead of recursion: depth is the folder's choice, not ours. Its top is the next in order.
    let mut pending = Vec::new();
    list(folder, &mut pending, &mut skipped).map_err(unreadable)?;
    while let Some(entry) = pending.pop() {
        let path = entry.path();
        match entry.file_type() {
            Err(_) => skipped.unreadable += 1,
            Ok(kind) if kind.is_dir() && left_out(&entry.file_name()) => skipped.folders += 1,
            Ok(kind) if kind.is_dir() => {
                if list(&path, &mut pending, &mut skipped).is_err() {
                    skipped.unreadable += 1;
                }
            }
            Ok(kind) if kind.is_file() => match read(&path) {
                Ok(text) => {
                    let name = path.strip_prefix(folder).unwrap_or(&path);
                    if found(printable(&name.to_string_lossy()), text).is_break() {
                        break;
                    }
                }
                Err(Skip::Binary) => skipped.binary += 1,
                Err(Skip::NotUtf8) => skipped.not_utf8 += 1,
                Err(Skip::Unreadable) => skipped.unreadable += 1,
            },
            Ok(_) => skipped.special += 1,
        }
    }
    Ok(skipped)
}

/// Puts a folder's entries on the stack, the first by name on top.
fn list(folder: &Path, pending: &mut Vec<DirEntry>, skipped: &mut Skipped) -> io::Result<()> {
    let bottom = pending.len();
    for entry in fs::read_dir(folder)? {
        match entry {
            Ok(entry) => pending.push(entry),
            Err(_) => skipped.unreadable += 1,
        }
    }
    pending[bottom..].sort_unstable_by_key(|entry| std::cmp::Reverse(entry.file_name()));
    Ok(())
}

fn left_out(name: &OsStr) -> bool {
    LEFT_OUT.iter().any(|left_out| name == *left_out)
}

/// The text of one file.
pub fn read(path: &Path) -> Result<String, Skip> {
    let unreadable = |_| Skip::Unreadable;
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let mut start = file.take(PROBE);
    start.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.contains(&0) {
        // Decided before the rest is read: the largest files of a folder are seldom text.
        return Err(Skip::Binary);
    }
    let mut rest = start.into_inner();
    rest.read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| Skip::NotUtf8)
}

/// Without control characters: a file's name or text must not move the cursor of the terminal it is
/// printed on.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
