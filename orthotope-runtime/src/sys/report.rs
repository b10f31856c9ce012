//! Last words: one line on stderr, written without allocating, then abort.

use core::fmt::{self, Write};

/// A line of bounded length; what does not fit is cut.
struct Line {
    bytes: [u8; 256],
    len: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - 1 - self.len;
        let taken = text.len().min(room);
        self.bytes[self.len..self.len + taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.len += taken;
        Ok(())
    }
}

/// Writes `orthotope: `, the message and a line feed to stderr with one system call, and aborts.
#[cold]
pub(crate) fn die(message: fmt::Arguments<'_>) -> ! {
    say(message);
    std::process::abort()
}

/// Writes `orthotope: `, the message and a line feed to stderr with one system call.
#[cold]
pub(crate) fn say(message: fmt::Arguments<'_>) {
    let mut line = Line {
        bytes: [0; 256],
        len: 0,
    };
    // `Line` accepts everything, and the message's parts are numbers and literals, which format
    // without allocating.
    let _ = write!(line, "orthotope: {message}");
    line.bytes[line.len] = b'\n';
    // SAFETY: the buffer is as long as stated.
    unsafe { libc::write(2, line.bytes.as_ptr().cast(), line.len + 1) };
}
