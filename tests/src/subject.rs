//! A generated allocator as a value, so that one workload runs on any of them.

use std::alloc::GlobalAlloc;

use orthotope::Stats;

/// What a workload needs of the allocator under test.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The static.
    pub allocator: &'static (dyn GlobalAlloc + Sync),
    /// `CLASSES` of its type.
    pub classes: &'static [usize],
    /// Alignment of every block.
    pub align: usize,
    /// Bytes before each block.
    pub header: usize,
    /// `stats` of its type.
    pub stats: fn() -> Stats,
    /// `flush_thread` of its type.
    pub flush_thread: fn(),
    /// `purge_now` of its type.
    pub purge_now: fn(),
}

/// The [`Subject`](crate::subject::Subject) of a static and its generated type.
#[macro_export]
macro_rules! subject {
    ($name:ident: $type:ident) => {
        $crate::subject::Subject {
            allocator: &$name,
            classes: $type::CLASSES,
            align: $type::CONFIG.align,
            header: if $type::CONFIG.header { 64 } else { 0 },
            stats: $type::stats,
            flush_thread: $type::flush_thread,
            purge_now: $type::purge_now,
        }
    };
}

impl Subject {
    /// Bytes that a request of `size` bytes is served with: its class's, or its own, rounded up to the alignment.
    #[must_use]
    pub fn payload(&self, size: usize) -> usize {
        let class = self.classes.partition_point(|&payload| payload < size);
        self.classes
            .get(class)
            .copied()
            .unwrap_or(size.next_multiple_of(self.align))
    }

    /// Most bytes that the allocator says are in memory.
    #[must_use]
    pub fn resident(&self) -> usize {
        (self.stats)().resident
    }
}
