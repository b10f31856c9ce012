//! What is played: a configuration and a sequence of operations, as numbers that mean something whatever they are.

use core::time::Duration;

use arbitrary::Arbitrary;

use crate::config::{AllocatorConfig, Config, Exhausted, HugePages, Purge};
use crate::tune;

/// A configuration, and what is done with it.
#[derive(Arbitrary, Clone, Debug)]
pub struct Case {
    pub(super) setup: Setup,
    pub(super) steps: Vec<Step>,
}

/// Threads of a program.
pub(super) const THREADS: usize = 4;
/// Most classes of a table of its own.
const CLASSES_MOST: usize = 12;
/// Longest request.
pub(super) const SIZE_MOST: usize = 6 << 20;

/// A configuration. Every field is reduced to what is legal.
#[derive(Arbitrary, Clone, Debug)]
pub(super) struct Setup {
    pub(super) header: bool,
    /// The alignment, as a power of two from the least.
    pub(super) align: u8,
    /// The classes; none: the preset's.
    pub(super) classes: Vec<u16>,
    pub(super) arena: u16,
    pub(super) refill: u16,
    pub(super) cache: u16,
    pub(super) thread_limit: Option<u16>,
    pub(super) grow: bool,
    pub(super) purge: u8,
    pub(super) huge_pages: u8,
    pub(super) hardened: bool,
}

/// A request's size: near a class, or anything.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(super) struct Size(pub(super) u16);

/// How a block is freed.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(super) enum Way {
    /// With its size.
    Sized,
    /// Without.
    Unsized,
    /// With another size first, where that is refused.
    Mismatched,
    /// Twice, where the second free is refused.
    Twice,
    /// From inside the allocator.
    Deferred,
}

/// One operation. `thread` and `block` are taken modulo what there is.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(super) enum Step {
    Alloc {
        thread: u8,
        size: Size,
        align: u8,
        zeroed: bool,
    },
    /// So many blocks of one size: what fills magazines and slabs.
    Batch {
        thread: u8,
        size: Size,
        count: u8,
    },
    Free {
        thread: u8,
        block: u16,
        way: Way,
    },
    /// Every second block, or all, from the last one on.
    FreeMany {
        thread: u8,
        count: u8,
        all: bool,
    },
    Realloc {
        thread: u8,
        block: u16,
        size: Size,
    },
    Flush {
        thread: u8,
    },
    /// Free memory goes back, as far as the configuration's clock says, or all of it.
    Tick,
    Purge {
        thread: u8,
    },
    /// The thread ends, or, if it has, another begins in its place.
    Leave {
        thread: u8,
    },
    /// The system refuses one call after so many.
    Refuse {
        after: u8,
    },
    /// The system refuses this sort of call until it is told otherwise.
    RefuseAll {
        commits: bool,
        advice: bool,
        moves: bool,
    },
}

impl Setup {
    /// The configuration of an engine.
    pub(super) fn config(&self) -> Config {
        let preset = if self.header {
            Config::tensor()
        } else {
            Config::general()
        };
        let mut config = preset
            .with_align(self.align())
            .with_hardened(self.hardened)
            .with_refill(bytes_of(self.refill))
            .with_cache(bytes_of(self.cache))
            .with_exhausted(if self.grow {
                Exhausted::Grow
            } else {
                Exhausted::Null
            })
            // With an hour between ticks, all ticks are ours.
            .with_purge(match self.purge % 4 {
                0 => Purge::Eager,
                1 => Purge::Never,
                _ => Purge::After(Duration::from_secs(36_000)),
            })
            .with_huge_pages(match self.huge_pages % 4 {
                0 => HugePages::Always,
                1 => HugePages::Never,
                2 => HugePages::Large,
                _ => HugePages::System,
            });
        config.thread_limit = self.thread_limit.map(bytes_of);
        config = config.with_classes(self.table());
        config.with_arena(self.arena(config.stride(0)))
    }

    /// The configuration of an instance.
    pub(super) fn instance(&self) -> AllocatorConfig {
        let mut config = AllocatorConfig {
            arena_size: 0,
            alignment: self.align().max(64),
            refill_target_bytes: bytes_of(self.refill),
            local_cache_target_bytes: bytes_of(self.cache),
        };
        let block = config.class_block_size(crate::class::SizeClass::B64);
        config.arena_size = self.arena(block);
        config
    }

    fn align(&self) -> usize {
        if self.header {
            // 64 bytes to 16 KiB.
            64 << (self.align % 9)
        } else {
            // 8 bytes to 64 KiB.
            8 << (self.align % 14)
        }
    }

    /// One block, a few of them, or up to 64 MiB.
    fn arena(&self, block: usize) -> usize {
        let value = usize::from(self.arena >> 2);
        match self.arena & 3 {
            0 => block * (1 + value % 4),
            1 => 1 + value * 64,
            _ => (1 + value) << 12,
        }
    }

    fn table(&self) -> &'static [usize] {
        if self.classes.is_empty() {
            return if self.header {
                &tune::TENSOR_CLASSES
            } else if self.align() == 8 {
                &tune::GENERAL_CLASSES
            } else {
                rounded(&tune::GENERAL_CLASSES, self.align())
            };
        }
        let classes = self.classes.iter().take(CLASSES_MOST);
        let classes: Vec<_> = classes.map(|&class| bytes_of(class)).collect();
        rounded(&classes, self.align())
    }
}

/// A class table that lives for ever: multiples of `align`, ascending.
fn rounded(classes: &[usize], align: usize) -> &'static [usize] {
    let mut classes: Vec<_> = classes
        .iter()
        .map(|class| class.next_multiple_of(align))
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes.leak()
}

/// 1 byte to 2 MiB, spread evenly in the logarithm: an exponent and eleven bits behind the first.
fn bytes_of(raw: u16) -> usize {
    let exponent = u32::from(raw >> 11) % 21;
    let fraction = usize::from(raw & 0x7ff);
    (1 << exponent) + ((fraction << exponent) >> 11)
}

impl Size {
    /// The size in bytes, at least one.
    pub(super) fn bytes(self, classes: &[usize], arena: usize) -> usize {
        let value = usize::from(self.0 >> 2);
        let size = match self.0 & 3 {
            // On, before or behind a class.
            0 => classes[value / 3 % classes.len()] + value % 3 - 1,
            1 => bytes_of(self.0),
            // Beyond the classes; parts of the arena, all of it included.
            2 => (classes[classes.len() - 1] + 1 + (value << 4)).min(SIZE_MOST),
            _ => arena / (1 + value % 8) + value / 8 % 3,
        };
        size.clamp(1, SIZE_MOST)
    }
}
