//! The most memory of a process that is resident, seen from outside.
//!
//! The system notes its own mark, `VmHWM`, when it is about to take pages from a process, from counts that lag by some tens
//! of pages a processor: the mark of who gives memory back after the peak is a little low, that of who keeps it is not. What is
//! seen now and then is never more than there was, and near it if looked for often.

use std::fs;
use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::Duration;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// Waits for a process to end. Returns how it did, and the most KiB that were seen to be resident; 0 where the system does not say.
pub(super) fn wait(child: &mut Child) -> io::Result<(ExitStatus, u64)> {
    let place = format!("/proc/{}/statm", child.id());
    let mut most = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, most));
        }
        // One that is ending says nothing any more.
        let counts = fs::read_to_string(&place).unwrap_or_default();
        most = most.max(resident_kib(&counts));
        thread::sleep(PAUSE);
    }
}

/// The second of the counts, which are of pages, in KiB; 0 where there is none.
fn resident_kib(counts: &str) -> u64 {
    // SAFETY: it only answers.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let pages = counts
        .split(' ')
        .nth(1)
        .and_then(|count| count.parse().ok());
    pages.unwrap_or(0_u64) * u64::try_from(page).unwrap_or(0) / 1024
}

#[cfg(test)]
mod tests {
    use super::{resident_kib, wait};
    use std::process::Command;

    #[test]
    fn what_is_no_count_of_pages_is_none() {
        assert!(resident_kib("9000 1200 300 4 0 600 0\n") >= 1_200 * 4);
        assert_eq!(resident_kib(""), 0);
        assert_eq!(resident_kib("9000 many"), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_process_gives_back_was_seen() {
        // The shell's variable is 16 MiB long for a while.
        let script =
            "x=$(head -c 16777216 /dev/zero | tr '\\0' x); sleep 0.1; x=; sleep 0.1; exit 3";
        let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let (status, most) = wait(&mut child).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!((16 << 10..1 << 20).contains(&most), "{most} KiB");
    }
}
