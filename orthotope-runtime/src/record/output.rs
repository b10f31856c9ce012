//! The file that a recording is written to.
//!
//! Owns its name and its being whole: written beside, then renamed. Allocates nothing: all buffers are of fixed size.

use core::ffi::CStr;
use core::fmt::{self, Write};
use std::io;

use super::Recording;
use crate::profile;
use crate::sys::{File, environment, process_id, say, yield_now};

/// The variable that asks for a profile at the end of the process.
const VARIABLE: &CStr = c"ORTHOTOPE_PROFILE";
/// Longest path, with the zero byte at its end.
const PATH_BYTES: usize = 4_096;
/// Bytes written at once.
const CHUNK_BYTES: usize = 4_096;

/// A path in the form that the system takes.
struct Path {
    bytes: [u8; PATH_BYTES],
    len: usize,
}

impl Path {
    const fn new() -> Self {
        Self {
            bytes: [0; PATH_BYTES],
            len: 0,
        }
    }

    /// Appends; fails where there is no room, or at a zero byte.
    fn push(&mut self, part: &[u8]) -> io::Result<()> {
        let room = self.bytes.len() - 1 - self.len;
        if part.len() > room || part.contains(&0) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.bytes[self.len..self.len + part.len()].copy_from_slice(part);
        self.len += part.len();
        Ok(())
    }

    fn push_number(&mut self, mut number: u32) -> io::Result<()> {
        let mut digits = [0; 10];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return self.push(&digits[start..]);
            }
        }
    }

    fn text(&self) -> &CStr {
        // One byte at the end stays zero.
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

/// Whether the environment asks for a profile.
pub(super) fn asked_for() -> bool {
    environment(VARIABLE).is_some_and(|path| !path.is_empty())
}

/// Writes to where the environment says, `%p` in it being the process's id. What fails is said on stderr.
pub(super) fn write_where_asked(recording: &Recording) {
    let Some(asked) = environment(VARIABLE) else {
        return;
    };
    let mut path = Path::new();
    let written =
        expand(asked.to_bytes(), &mut path).and_then(|()| write(recording, path.text().to_bytes()));
    if let Err(error) = written {
        say(format_args!(
            "cannot write the profile that ORTHOTOPE_PROFILE asks for (error {}): check that its folder exists and has room",
            error.raw_os_error().unwrap_or(0)
        ));
    }
}

fn expand(asked: &[u8], path: &mut Path) -> io::Result<()> {
    let mut rest = asked;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"%p") {
        path.push(&rest[..at])?;
        path.push_number(process_id())?;
        rest = &rest[at + 2..];
    }
    path.push(rest)
}

/// Writes the recording to `path`, or nothing.
pub(super) fn write(recording: &Recording, path: &[u8]) -> io::Result<()> {
    let mut whole = Path::new();
    whole.push(path)?;
    let mut beside = Path::new();
    beside.push(path)?;
    beside.push(b".")?;
    beside.push_number(process_id())?;
    beside.push(b".tmp")?;

    // Two threads that write at once take turns, so that neither renames the other's half.
    let _busy = loop {
        match recording.try_busy() {
            Some(busy) => break busy,
            None => yield_now(),
        }
    };
    recording.settle();
    let file = File::create(beside.text())?;
    let written = fill(recording, &file).and_then(|()| file.keep_as(beside.text(), whole.text()));
    if written.is_err() {
        File::remove(beside.text());
    }
    written
}

fn fill(recording: &Recording, file: &File) -> io::Result<()> {
    let mut chunks = Chunks {
        file,
        bytes: [0; CHUNK_BYTES],
        len: 0,
        failed: None,
    };
    let text = profile::write(&mut chunks, 1, recording.threads(), recording.bins());
    chunks.flush();
    match chunks.failed {
        Some(error) => Err(error),
        None => text.map_err(|fmt::Error| io::ErrorKind::Other.into()),
    }
}

/// Text on its way to a file.
struct Chunks<'a> {
    file: &'a File,
    bytes: [u8; CHUNK_BYTES],
    len: usize,
    failed: Option<io::Error>,
}

impl Chunks<'_> {
    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.file.write_all(&self.bytes[..self.len]).err();
        }
        self.len = 0;
    }
}

impl Write for Chunks<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            if self.len == self.bytes.len() {
                self.flush();
            }
            let taken = rest.len().min(self.bytes.len() - self.len);
            self.bytes[self.len..self.len + taken].copy_from_slice(&rest[..taken]);
            self.len += taken;
            rest = &rest[taken..];
        }
        Ok(())
    }
}
