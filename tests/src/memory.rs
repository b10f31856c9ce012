//! What the operating system says about this process.

use std::fs::File;
use std::io::Read as _;

/// Resident bytes, from `/proc/self/statm`.
///
/// Allocates nothing, so that looking does not change what is seen.
///
/// # Panics
///
/// If the file cannot be read or has another form.
#[must_use]
pub fn resident() -> usize {
    let mut text = [0; 256];
    let read = File::open("/proc/self/statm")
        .and_then(|mut file| file.read(&mut text))
        .expect("statm can be read");
    let text = str::from_utf8(&text[..read]).expect("statm is text");
    let pages: usize = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .expect("statm's second field");
    pages * page_bytes()
}

fn page_bytes() -> usize {
    // SAFETY: sysconf reads a constant of the system and takes no pointer.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).expect("the page size is known")
}
