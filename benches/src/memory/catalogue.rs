//! Every workload: its name, whom it is for, and what it does.

use super::workloads::Kind;

/// A workload that can be run on any allocator that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Unique. What is before a `/` names the table.
    pub(super) name: String,
    /// Names of the contenders that it is for.
    pub(super) contenders: &'static [&'static str],
    /// Bytes that it asks for at once.
    pub(super) footprint: usize,
    pub(super) kind: Kind,
}

const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

const GENERAL: &[&str] = &["glibc", "mimalloc", "jemalloc", "snmalloc", "general"];
const PURGE_1S: &[&str] = &["glibc", "mimalloc", "jemalloc", "snmalloc", "purge-1s"];
const PURGE_100MS: &[&str] = &["glibc", "mimalloc", "jemalloc", "snmalloc", "purge-100ms"];
/// mimalloc asks for huge pages by itself: ours that does stands beside ours that does not.
const SWEEP: &[&str] = &[
    "glibc",
    "mimalloc",
    "jemalloc",
    "snmalloc",
    "general",
    "huge-always",
];
const HUGE: &[&str] = &["huge-always", "huge-never"];
const CACHES: &[&str] = &["general"];
const STARTUP: &[&str] = &["glibc", "default", "general"];

/// All of them, in the order of the tables.
pub(super) fn catalogue() -> Vec<Workload> {
    let one = |name: &str, contenders, footprint, kind| Workload {
        name: name.to_owned(),
        contenders,
        footprint,
        kind,
    };
    let sized = |name: &str, contenders, mib: usize, kind: fn(usize) -> Kind| {
        let size = mib * MIB;
        one(&format!("{name}/{mib}MiB"), contenders, size, kind(size))
    };
    let mut all = vec![
        one("idle", PURGE_1S, GIB, Kind::Idle { whole: true }),
        one("idle_blocks", PURGE_1S, GIB, Kind::Idle { whole: false }),
        one("burst", PURGE_100MS, 100 * MIB, Kind::Burst),
        one("fragmentation", GENERAL, 200 * MIB, Kind::Fragmentation),
        one("realloc", GENERAL, GIB, Kind::Realloc { pinned: false }),
        one(
            "realloc_pinned",
            GENERAL,
            GIB,
            Kind::Realloc { pinned: true },
        ),
        one("vec_push", GENERAL, GIB, Kind::VecPush),
        one("zeroed", GENERAL, 64 * MIB, Kind::Zeroed { size: 64 * MIB }),
    ];
    let dense = |size| Kind::ZeroedDense { size };
    all.extend([1, 4, 16, 64].map(|mib| sized("zeroed_dense", GENERAL, mib, dense)));
    let sweep = |size| Kind::Sweep { size };
    all.extend([1, 2, 4, 8, 16, 32, 64].map(|mib| sized("sweep", SWEEP, mib, sweep)));
    all.extend([
        one("huge_pages", HUGE, 256 * MIB, Kind::HugePages),
        one("caches", CACHES, 512 * MIB, Kind::Caches),
        one("startup", STARTUP, MIB, Kind::Startup),
        one("short_threads", GENERAL, MIB, Kind::ShortThreads),
    ]);
    all
}

#[cfg(test)]
mod tests {
    use super::catalogue;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let all = catalogue();
        let names: HashSet<&str> = all.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
    }
}
