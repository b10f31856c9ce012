//! What the operating system says about this process.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

/// Resident bytes, from `/proc/self/statm`.
///
/// Allocates nothing, so that looking does not change what is seen.
///
/// # Panics
///
/// If the file cannot be read or has another form.
#[must_use]
pub fn resident() -> usize {
    statm(1)
}

/// Bytes in a field of `/proc/self/statm`.
fn statm(field: usize) -> usize {
    let mut text = [0; 256];
    let read = File::open("/proc/self/statm")
        .and_then(|mut file| file.read(&mut text))
        .expect("statm can be read");
    let text = str::from_utf8(&text[..read]).expect("statm is text");
    let pages: usize = text
        .split_whitespace()
        .nth(field)
        .and_then(|pages| pages.parse().ok())
        .expect("statm's field");
    pages * page_bytes()
}

/// Bytes of a page.
///
/// # Panics
///
/// If the system does not say.
#[must_use]
pub fn page_bytes() -> usize {
    // SAFETY: sysconf reads a constant of the system and takes no pointer.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).expect("the page size is known")
}

/// Sums over every mapping of this process, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rollup {
    /// Resident bytes that no file backs.
    pub anonymous: usize,
    /// Those of them that the system may take whenever it wants.
    pub lazy_free: usize,
}

/// What `/proc/self/smaps_rollup` says.
///
/// Allocates nothing, so that looking does not change what is seen.
///
/// # Panics
///
/// If the file cannot be read or has another form.
#[must_use]
pub fn rollup() -> Rollup {
    let mut text = [0; 4096];
    let read = File::open("/proc/self/smaps_rollup")
        .and_then(|mut file| file.read(&mut text))
        .expect("smaps_rollup can be read");
    let text = str::from_utf8(&text[..read]).expect("smaps_rollup is text");
    let bytes = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_suffix(" kB"))
            .and_then(|number| number.trim().parse::<usize>().ok())
            .map(|kibibytes| kibibytes << 10)
            .expect("smaps_rollup has the line")
    };
    Rollup {
        anonymous: bytes("Anonymous:"),
        lazy_free: bytes("LazyFree:"),
    }
}

/// Bytes of address space, from `/proc/self/statm`.
///
/// # Panics
///
/// As [`resident`].
#[must_use]
pub fn address_space() -> usize {
    statm(0)
}

/// Bytes of private writable address space, as `RLIMIT_DATA` counts them, from `/proc/self/statm`.
///
/// # Panics
///
/// As [`resident`].
#[must_use]
pub fn data() -> usize {
    statm(5)
}

/// Has the system use small pages alone for this process: what is resident is what was touched.
///
/// # Panics
///
/// If the system refuses.
#[cfg(target_os = "linux")]
pub fn forbid_huge_pages() {
    // SAFETY: the call takes no pointer.
    let status = unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
    assert_eq!(status, 0, "huge pages can be forbidden");
}

/// Waits until `is_so` or `time` has passed; whether it was so. Allocates nothing.
pub fn wait_until(time: Duration, is_so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + time;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
