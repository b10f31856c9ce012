//! What the workloads do, a family a module: what memory is kept (`idle`, `burst`, `fragmentation`, `caches`), what one
//! large block costs (`growth`, `single`, `huge_pages`), and what a process and a thread cost (`startup`, `threads`).
//!
//! What they keep to know their blocks is C's, and resident before the first look. Every process runs one
//! workload once.

mod burst;
mod caches;
mod fragmentation;
mod growth;
mod huge_pages;
mod idle;
mod single;
mod startup;
mod threads;

use super::Sample;
use super::catalogue::Workload;
use crate::block::Heap;

/// How much of it is done.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Less.
    pub(in crate::memory) quick: bool,
}

/// What an allocator with thread caches says of them.
#[derive(Clone, Copy, Debug)]
pub struct Caches {
    /// Bytes of blocks that all threads' caches held when their owners last called this.
    pub held: fn() -> usize,
    /// Empties the calling thread's cache.
    pub flush: fn(),
}

/// What a workload does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A gigabyte of which most is freed, then nothing.
    Idle {
        /// Whether whole requests are freed, or single blocks.
        whole: bool,
    },
    /// Batches, with idle time in between.
    Burst,
    /// Blocks replaced at random.
    Fragmentation,
    /// A block that doubles.
    Realloc {
        /// Whether others are allocated behind it.
        pinned: bool,
    },
    /// A vector that grows.
    VecPush,
    /// A zeroed block of which little is used.
    Zeroed {
        /// Bytes.
        size: usize,
    },
    /// A zeroed block of which every page is written.
    ZeroedDense {
        /// Bytes.
        size: usize,
    },
    /// A block of which every page is written.
    Sweep {
        /// Bytes.
        size: usize,
    },
    /// Reads all over one block.
    HugePages,
    /// Threads that wait.
    Caches,
    /// The first allocation of a process.
    Startup,
    /// Threads that end.
    ShortThreads,
}

impl Workload {
    /// Runs it on `heap`, whose caches can be asked if `caches` is there.
    pub fn run<A: Heap>(&self, heap: &'static A, caches: Option<Caches>, effort: Effort) -> Sample {
        match self.kind {
            Kind::Idle { whole } => idle::run(heap, whole, effort),
            Kind::Burst => burst::run(heap, effort),
            Kind::Fragmentation => fragmentation::run(heap, effort),
            Kind::Realloc { pinned } => growth::realloc(heap, pinned),
            Kind::VecPush => growth::vec_push(heap),
            Kind::Zeroed { size } => single::zeroed(heap, size, effort),
            Kind::ZeroedDense { size } => single::zeroed_dense(heap, size, effort),
            Kind::Sweep { size } => single::sweep(heap, size, effort),
            Kind::HugePages => huge_pages::run(heap),
            Kind::Caches => caches.map_or_else(Sample::default, |caches| caches::run(heap, caches)),
            Kind::Startup => startup::run(heap),
            Kind::ShortThreads => threads::run(heap),
        }
    }

    /// What it does, in a sentence or two.
    pub(super) fn about(&self) -> &'static str {
        match self.kind {
            Kind::Idle { whole: true } => {
                "1,024 requests of 1 MiB each, in blocks of 16 B to 8 KiB, allocated by 4 threads, written in full; 90 % of \
                 the requests are freed at random; then no allocator is called any more."
            }
            Kind::Idle { whole: false } => "The same with 90 % of the blocks freed at random.",
            Kind::Burst => {
                "Rounds of 64 batches of 1 to 512 rows of 384 to 4,096 `f32`, 8 of them alive at a time, written in full, \
                 then freed, then 300 ms of nothing. Resident is that of the whole process. One operation is one batch."
            }
            Kind::Fragmentation => {
                "A live set of 200 MiB, of blocks of 16 B to 64 KiB, written in full and replaced at random. One operation \
                 is one block freed and another allocated and written in its place."
            }
            Kind::Realloc { pinned: false } => {
                "A block that doubles from 1 MiB to 1 GiB, each new page written. One operation is the whole growth."
            }
            Kind::Realloc { pinned: true } => {
                "The same, with another block of more than 1 MiB allocated and kept after each doubling."
            }
            Kind::VecPush => {
                "A vector of bytes to which pieces of 4 KiB are appended until it has 1 GiB. One operation is the whole \
                 growth."
            }
            Kind::Zeroed { .. } => {
                "64 MiB of zeroed memory allocated, three pages of it written, and freed."
            }
            Kind::ZeroedDense { .. } => "Zeroed memory allocated, each page written, and freed.",
            Kind::Sweep { .. } => "A block allocated, each page written, and freed.",
            Kind::HugePages => {
                "Reads all over a block of 256 MiB, each of which says where the next one is. One operation is one read."
            }
            Kind::Caches => {
                "256 threads that each have allocated and freed 10,000 blocks of 16 B to 64 KiB, 100 at a time, and now \
                 wait; then each gives back what its cache holds."
            }
            Kind::Startup => "The first allocation of a process, of 64 bytes.",
            Kind::ShortThreads => {
                "10,000 threads one after the other, each of which allocates a block, writes and frees it. One operation is \
                 one thread."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Caches, Effort};
    use crate::memory::catalogue::catalogue;
    use crate::memory::figure::Figure;
    use orthotope::OrthotopeGlobalAlloc;

    static HEAP: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

    /// The workloads that need neither a gigabyte nor seconds.
    #[test]
    fn every_small_workload_runs() {
        let caches = Caches {
            held: || 5,
            flush: || {},
        };
        for workload in catalogue() {
            let name = workload.name.as_str();
            if matches!(
                name,
                "zeroed_dense/1MiB" | "sweep/1MiB" | "startup" | "caches"
            ) {
                let sample = workload.run(&HEAP, Some(caches), Effort { quick: true });
                assert!(!sample.figures.is_empty(), "{name}");
                if name == "caches" {
                    assert_eq!(sample.figures.get(&Figure::Cached), Some(&5.0));
                }
            }
        }
    }
}
