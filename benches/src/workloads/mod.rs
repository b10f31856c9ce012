//! Every workload once: its name, its group, and how to run it on any allocator.
//!
//! Owns the list. What a workload does is in the modules, one family each: `spec`, `batch`,
//! `replacement`, `larson`, `xmalloc`, `threads`, `large`.

mod batch;
mod catalogue;
mod large;
mod larson;
mod replacement;
mod spec;
mod threads;
mod xmalloc;

use std::fmt;
use std::time::{Duration, Instant};

use crate::block::{CACHE_LINE, Heap, NATURAL};

pub(crate) use batch::Order;
pub use catalogue::catalogue;

/// What belongs in one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The published crate's own workloads, as published.
    Spec,
    /// The same with the alignment that Rust code asks for.
    SpecNatural,
    /// Batches of blocks.
    Batches,
    /// Live sets in which blocks are replaced at random.
    Replacement,
    /// The same with blocks of 64 bytes only.
    Replacement64,
    /// Live sets that are handed from thread to thread.
    Larson,
    /// Threads that only allocate, threads that only free.
    Xmalloc,
    /// Threads that come and go.
    Threads,
    /// Vectors that grow.
    Growth,
    /// Zeroed memory.
    Zeroed,
    /// One block of each size.
    Sweep,
}

impl Group {
    /// The table's heading.
    #[must_use]
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Spec => "Spec workloads, 64-byte alignment, untouched",
            Self::SpecNatural => "Spec workloads, natural alignment, untouched",
            Self::Batches => "Batches",
            Self::Replacement => "Random replacement, 8 B to 1 KiB",
            Self::Replacement64 => "Random replacement, 64 B",
            Self::Larson => "larson",
            Self::Xmalloc => "xmalloc",
            Self::Threads => "Thread churn",
            Self::Growth => "Vec growth by doubling",
            Self::Zeroed => "Zeroed memory",
            Self::Sweep => "Size sweep",
        }
    }

    /// What one operation is.
    #[must_use]
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Spec | Self::SpecNatural => {
                "one block allocated and freed; one whole batch for `embedding_batch` and `mixed_size_churn`"
            }
            Self::Batches => "one block allocated, written and freed",
            Self::Replacement | Self::Replacement64 | Self::Larson => {
                "one block freed and another allocated and written in its place"
            }
            Self::Xmalloc => "one block allocated and written by one thread and freed by another",
            Self::Threads => {
                "one thread started that allocates 1,000 blocks and frees half of them, joined, the other half freed"
            }
            Self::Growth => "one vector grown from 64 bytes, each new page written, and freed",
            Self::Zeroed => "one zeroed block allocated, written once per 4 KiB and freed",
            Self::Sweep => "one block allocated, written once per 4 KiB and freed",
        }
    }

    /// A short name for files.
    #[must_use]
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::SpecNatural => "spec-natural",
            Self::Batches => "batches",
            Self::Replacement => "replacement",
            Self::Replacement64 => "replacement-64",
            Self::Larson => "larson",
            Self::Xmalloc => "xmalloc",
            Self::Threads => "threads",
            Self::Growth => "growth",
            Self::Zeroed => "zeroed",
            Self::Sweep => "sweep",
        }
    }
}

/// What a workload does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One block of `size` bytes allocated and freed in a loop, untouched.
    Churn {
        /// Bytes.
        size: usize,
    },
    /// Eight buffers of 6,144 bytes, then all freed.
    Embedding,
    /// Eight sizes from 32 to 70,000 bytes, freed in reverse.
    Mixed,
    /// Four threads, each with 20 MiB in a loop.
    ConcurrentLarge,
    /// Blocks of 256 bytes allocated by one thread and freed by another.
    Handoff {
        /// Pairs of threads.
        pairs: usize,
    },
    /// `count` blocks, then all freed.
    Batch {
        /// Blocks.
        count: usize,
        /// Which goes first.
        order: Order,
    },
    /// Blocks replaced at random.
    Replacement {
        /// Blocks that live.
        live: usize,
        /// One size, or the spread.
        size: Option<u16>,
    },
    /// Blocks replaced at random by threads that inherit them.
    Larson {
        /// Threads at a time.
        threads: usize,
    },
    /// Half of the threads allocate, half of them free.
    Xmalloc {
        /// Threads, an even number.
        threads: usize,
    },
    /// Threads that come and go.
    ThreadChurn,
    /// A vector that doubles.
    Growth {
        /// Bytes in the end.
        to: usize,
    },
    /// `vec![0; n]`.
    Zeroed {
        /// Bytes.
        size: usize,
    },
    /// One block written and freed.
    Sweep {
        /// Bytes.
        size: usize,
    },
}

/// A workload that can be run on any allocator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Unique.
    pub name: String,
    /// The table that it belongs in.
    pub group: Group,
    /// What it does.
    pub(crate) kind: Kind,
    /// Bytes that it asks for at once.
    pub footprint: usize,
    /// Whether `--quick` runs it.
    pub(crate) quick: bool,
}

impl Workload {
    /// The workload on `heap`, ready to run. What is prepared here is not part of any time.
    pub fn prepare<A: Heap>(&self, heap: &'static A) -> Runner {
        if self.group == Group::Spec {
            self.prepare_aligned::<A, CACHE_LINE>(heap)
        } else {
            self.prepare_aligned::<A, NATURAL>(heap)
        }
    }

    fn prepare_aligned<A: Heap, const ALIGN: usize>(&self, heap: &'static A) -> Runner {
        match self.kind {
            Kind::Churn { size } => {
                Runner::single(1, move |steps| spec::churn::<A, ALIGN>(heap, size, steps))
            }
            Kind::Embedding => {
                Runner::single(1, move |steps| spec::embedding::<A, ALIGN>(heap, steps))
            }
            Kind::Mixed => Runner::single(1, move |steps| spec::mixed::<A, ALIGN>(heap, steps)),
            Kind::ConcurrentLarge => spec::concurrent_large::<A, ALIGN>(heap),
            Kind::Handoff { pairs } => spec::handoff::<A, ALIGN>(heap, pairs),
            Kind::Batch { count, order } => batch::prepare::<A, ALIGN>(heap, count, order),
            Kind::Replacement { live, size } => replacement::prepare::<A, ALIGN>(heap, live, size),
            Kind::Larson { threads } => larson::prepare::<A, ALIGN>(heap, threads),
            Kind::Xmalloc { threads } => xmalloc::prepare::<A, ALIGN>(heap, threads),
            Kind::ThreadChurn => threads::prepare::<A, ALIGN>(heap),
            Kind::Growth { to } => {
                Runner::single(1, move |steps| large::growth::<A, ALIGN>(heap, to, steps))
            }
            Kind::Zeroed { size } => {
                Runner::single(1, move |steps| large::zeroed::<A, ALIGN>(heap, size, steps))
            }
            Kind::Sweep { size } => Runner::single(1, move |steps| {
                large::touched::<A, ALIGN>(heap, size, steps)
            }),
        }
    }
}

/// Which of a workload's passes says how long an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// The fastest: everything else is a disturbance.
    Best,
    /// All of them: for threads that compete, the schedule belongs to the matter.
    Mean,
}

/// A workload on one allocator.
pub struct Runner {
    /// Operations in one step.
    pub operations: u64,
    /// What an operation's time is.
    pub(crate) figure: Figure,
    pass: Box<dyn FnMut(u64) -> Duration>,
}

impl Runner {
    /// Does `steps` steps and says how long they took.
    pub fn pass(&mut self, steps: u64) -> Duration {
        (self.pass)(steps)
    }

    fn single(operations: u64, mut work: impl FnMut(u64) + 'static) -> Self {
        Self {
            operations,
            figure: Figure::Best,
            pass: Box::new(move |steps| {
                let start = Instant::now();
                work(steps);
                start.elapsed()
            }),
        }
    }

    fn threads(
        operations: u64,
        figure: Figure,
        pass: impl FnMut(u64) -> Duration + 'static,
    ) -> Self {
        Self {
            operations,
            figure,
            pass: Box::new(pass),
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("operations", &self.operations)
            .field("figure", &self.figure)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
