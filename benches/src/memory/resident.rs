//! How much memory this process holds right now, read without any allocation.
//!
//! From `/proc/self/smaps_rollup`, which walks the page tables: `/proc/self/status` and `statm` may be off by
//! some hundred KiB, because the kernel counts a processor at a time. What counts is `Anonymous`: pages
//! of files, such as the program's code, are not the allocator's. A page that the kernel was told it may take
//! (`MADV_FREE`) counts until it is taken.

use std::fs::File;
use std::io::Read;

use crate::measure;

/// Longer than the file.
const LENGTH: usize = 4096;

/// One look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Resident {
    /// Bytes of anonymous memory.
    pub(super) anonymous: u64,
    /// Bytes of it in huge pages.
    pub(super) huge: u64,
}

impl Resident {
    /// This process, now; nothing where the file is missing.
    pub(super) fn now() -> Self {
        let mut buffer = [0; LENGTH];
        let mut length = 0;
        if let Ok(mut file) = File::open("/proc/self/smaps_rollup") {
            while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
                match file.read(rest) {
                    Ok(0) | Err(_) => break,
                    Ok(more) => length += more,
                }
            }
        }
        let text = buffer
            .get(..length)
            .and_then(|text| str::from_utf8(text).ok());
        Self::parse(text.unwrap_or_default())
    }

    fn parse(rollup: &str) -> Self {
        Self {
            anonymous: measure::kib(rollup, "Anonymous") * 1024,
            huge: measure::kib(rollup, "AnonHugePages") * 1024,
        }
    }
}

/// The most memory of any kind that the process has held at a time, in bytes, beyond what it held at some point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peak {
    base: u64,
}

impl Peak {
    /// From here on.
    pub(super) fn start() -> Self {
        Self {
            base: measure::status("VmRSS"),
        }
    }

    /// The most since.
    pub(super) fn bytes(self) -> f64 {
        measure::status("VmHWM").saturating_sub(self.base) as f64 * 1024.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Peak, Resident};

    const ROLLUP: &str = "\
55ee55f82000-7ffd36606000 ---p 00000000 00:00 0                          [rollup]
Rss:              301752 kB
Pss_Anon:         299000 kB
Anonymous:        299112 kB
LazyFree:          10000 kB
AnonHugePages:    262144 kB
Swap:                  0 kB
";

    #[test]
    fn the_fields_are_found() {
        let resident = Resident::parse(ROLLUP);
        assert_eq!(resident.anonymous, 299_112 << 10);
        assert_eq!(resident.huge, 256 << 20);
        assert_eq!(Resident::parse(""), Resident::default());
    }

    #[test]
    fn written_memory_is_resident() {
        let (before, peak) = (Resident::now().anonymous, Peak::start());
        assert!(before > 0);
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = Resident::now().anonymous;
        assert!(
            after.saturating_sub(before) > 32 << 20,
            "{before} to {after}"
        );
        drop(block);
        assert!(peak.bytes() > 32e6, "{}", peak.bytes());
    }
}
