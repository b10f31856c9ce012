//! Statistics: what an allocator says of itself. A best-effort snapshot, taken without stopping anyone.
//!
//! With the feature `serde` they serialise, field by field under the fields' names. A [`Stats`] that was written before
//! a figure was added is read with zero for it.

use core::fmt;

use crate::class::SizeClass;

/// Free blocks of one of the default preset's classes.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Allocator, AllocatorConfig, SizeClass, ThreadCache};
///
/// let config = AllocatorConfig { arena_size: 64 << 20, ..AllocatorConfig::default() };
/// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
/// let block = allocator.allocate_with_cache(&mut cache, 100)?;
/// // SAFETY: the block is live and not used afterwards.
/// unsafe { allocator.deallocate_with_cache(&mut cache, block)? };
/// let kept = cache.stats().local[SizeClass::B256.index()];
/// assert_eq!(kept.class, SizeClass::B256);
/// assert_eq!(kept.bytes, kept.blocks * SizeClass::B256.block_size());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SizeClassStats {
    /// The class.
    pub class: SizeClass,
    /// How many.
    pub blocks: usize,
    /// Bytes that these blocks take, headers included.
    pub bytes: usize,
}

/// A snapshot of an [`Allocator`](crate::Allocator), or of the process-wide one.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Allocator, AllocatorConfig, ThreadCache};
///
/// let config = AllocatorConfig { arena_size: 64 << 20, ..AllocatorConfig::default() };
/// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
/// let block = allocator.allocate_with_cache(&mut cache, 20 << 20)?;
/// let stats = allocator.stats();
/// assert_eq!(stats.arena_capacity, 64 << 20);
/// assert_eq!(stats.large_live_allocations, 1);
/// assert_eq!(stats.large_live_bytes, (20 << 20) + 64);
/// assert_eq!(stats.arena_remaining, stats.arena_capacity - stats.large_live_bytes);
/// // SAFETY: the block is live and not used afterwards.
/// unsafe { allocator.deallocate_with_cache(&mut cache, block)? };
/// assert_eq!(allocator.stats().large_live_allocations, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AllocatorStats {
    /// Bytes that may be handed out; regions added by growth included.
    pub arena_capacity: usize,
    /// Bytes of the capacity that were never handed out: address space, not memory.
    pub arena_remaining: usize,
    /// Free blocks in the central pool, by class.
    pub small_central: [SizeClassStats; 12],
    /// Live large blocks.
    pub large_live_allocations: usize,
    /// Bytes of live large blocks: header and request, rounded up to the alignment.
    pub large_live_bytes: usize,
    /// Freed large blocks that wait for reuse.
    pub large_free_blocks: usize,
    /// Bytes of freed large blocks, at their full capacity.
    pub large_free_bytes: usize,
}

impl AllocatorStats {
    /// Blocks in the central pool, over all classes.
    #[must_use]
    pub fn total_small_central_blocks(&self) -> usize {
        self.small_central.iter().map(|class| class.blocks).sum()
    }

    /// Bytes in the central pool, over all classes.
    #[must_use]
    pub fn total_small_central_bytes(&self) -> usize {
        self.small_central.iter().map(|class| class.bytes).sum()
    }
}

/// A snapshot of one [`ThreadCache`](crate::ThreadCache).
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Allocator, AllocatorConfig, ThreadCache};
///
/// let config = AllocatorConfig { arena_size: 64 << 20, ..AllocatorConfig::default() };
/// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
/// assert!(!cache.stats().is_bound);
/// let block = allocator.allocate_with_cache(&mut cache, 100)?;
/// // SAFETY: the block is live and not used afterwards.
/// unsafe { allocator.deallocate_with_cache(&mut cache, block)? };
/// assert!(cache.stats().is_bound && cache.stats().total_local_blocks() > 0);
/// allocator.drain_thread_cache(&mut cache);
/// assert_eq!(cache.stats().total_local_blocks(), 0);
/// assert!(allocator.stats().total_small_central_blocks() > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ThreadCacheStats {
    /// Whether the cache belongs to an allocator.
    pub is_bound: bool,
    /// Free blocks ready for reuse, by class. Blocks of other caches, on their way to the central
    /// pool, are not among them.
    pub local: [SizeClassStats; 12],
}

impl ThreadCacheStats {
    /// Blocks ready for reuse, over all classes.
    #[must_use]
    pub fn total_local_blocks(&self) -> usize {
        self.local.iter().map(|class| class.blocks).sum()
    }

    /// Bytes ready for reuse, over all classes.
    #[must_use]
    pub fn total_local_bytes(&self) -> usize {
        self.local.iter().map(|class| class.bytes).sum()
    }
}

/// Blocks of one class of a generated allocator.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let _block = global::allocate::<Pool>(100)?;
/// let stats = global::stats::<Pool>();
/// let class = stats.classes.iter().find(|class| class.live > 0).expect("a block is live");
/// assert_eq!((class.payload, class.stride, class.live), (104, 104, 1));
/// assert_eq!(class.waste(), class.resident - 104);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct ClassStats {
    /// Largest request that the class serves, in bytes.
    pub payload: usize,
    /// Bytes from one block to the next, a header included.
    pub stride: usize,
    /// Slabs of the class: spans of address space that are cut into its blocks.
    pub slabs: usize,
    /// Blocks in the program's hands.
    pub live: usize,
    /// Blocks in threads' caches.
    pub cached: usize,
    /// Blocks in the central pool.
    pub pooled: usize,
    /// Bytes of the class's slabs that may be resident: the pages that hold blocks, or did and were not given back.
    pub resident: usize,
}

impl ClassStats {
    /// Resident bytes that no live block's payload takes: free blocks, headers, what the slabs lose at their ends.
    #[must_use]
    pub const fn waste(&self) -> usize {
        self.resident.saturating_sub(self.live * self.payload)
    }
}

/// A snapshot of a generated allocator. `Display` prints a table.
///
/// The first six figures have the names and meanings of jemalloc's `stats.*`. `allocated <= active <= mapped`, and
/// `active + metadata <= resident`. Taken without stopping anyone: while threads allocate, a figure may be off by what
/// they do meanwhile, and what other threads' caches hold is known as of their last trip to the central pool. Once
/// those threads have been joined, all is exact.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let _block = global::allocate::<Pool>(100)?;
/// let stats = global::stats::<Pool>();
/// assert_eq!(stats.live_bytes(), 104);
/// assert!(stats.allocated <= stats.active && stats.active <= stats.mapped);
/// assert!(stats.active + stats.metadata <= stats.resident);
/// assert!(stats.to_string().lines().any(|line| line.trim_start().starts_with("104 B")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct Stats {
    /// Bytes of payload in the program's hands: of each block what its class serves, of each large block what was asked
    /// for, rounded up to the alignment.
    pub allocated: usize,
    /// Bytes of the pages that hold these blocks, and blocks that wait in caches.
    pub active: usize,
    /// Most bytes that can be in memory: active pages, free ones that were not given back, and metadata. A large
    /// block counts as if all of it had been touched.
    pub resident: usize,
    /// Bytes of usable address space that hold nothing, and are backed by no memory.
    pub retained: usize,
    /// Bytes of the slabs and of the spans of large blocks.
    pub mapped: usize,
    /// Bytes of the allocator's own records, its page directory included.
    pub metadata: usize,
    /// Bytes that may be handed out.
    pub capacity: usize,
    /// Bytes of the capacity that were never handed out: address space, not memory.
    pub remaining: usize,
    /// Regions of address space; more than one only after growth.
    pub regions: usize,
    /// Threads that hold a cache.
    pub caches: usize,
    /// An entry a class, smallest first.
    pub classes: Box<[ClassStats]>,
    /// Live large blocks.
    pub large_live: usize,
    /// Bytes of live large blocks, a header included.
    pub large_live_bytes: usize,
    /// Freed large blocks that wait for reuse by another large block.
    pub large_free: usize,
    /// Bytes of freed large blocks.
    pub large_free_bytes: usize,
}

impl Stats {
    /// Bytes of the blocks in the program's hands, as wide as their classes, headers included.
    #[must_use]
    pub fn live_bytes(&self) -> usize {
        self.large_live_bytes
            + self
                .classes
                .iter()
                .map(|class| class.live * class.stride)
                .sum::<usize>()
    }

    /// Bytes of free blocks in caches and in the central pool.
    #[must_use]
    pub fn idle_bytes(&self) -> usize {
        self.large_free_bytes
            + self
                .classes
                .iter()
                .map(|class| (class.cached + class.pooled) * class.stride)
                .sum::<usize>()
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:>10} {:>6} {:>10} {:>10} {:>10} {:>11} {:>11}",
            "class", "slabs", "live", "cached", "pooled", "live bytes", "waste"
        )?;
        for class in self.classes.iter().filter(|class| class.slabs > 0) {
            writeln!(
                out,
                "{:>10} {:>6} {:>10} {:>10} {:>10} {:>11} {:>11}",
                Bytes(class.payload),
                class.slabs,
                class.live,
                class.cached,
                class.pooled,
                Bytes(class.live * class.payload),
                Bytes(class.waste()),
            )?;
        }
        writeln!(
            out,
            "{:>10} {:>6} {:>10} {:>10} {:>10} {:>11}",
            "large",
            "",
            self.large_live,
            "",
            self.large_free,
            Bytes(self.large_live_bytes),
        )?;
        writeln!(
            out,
            "allocated {}, active {}, resident {} at most, mapped {}, retained {}, metadata {}",
            Bytes(self.allocated),
            Bytes(self.active),
            Bytes(self.resident),
            Bytes(self.mapped),
            Bytes(self.retained),
            Bytes(self.metadata)
        )?;
        write!(
            out,
            "arena {} in {} region(s), {} never handed out; {} thread cache(s)",
            Bytes(self.capacity),
            self.regions,
            Bytes(self.remaining),
            self.caches,
        )
    }
}

/// A size as a person reads it.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let unit = (self.0.max(1).ilog2() as usize / 10).min(UNITS.len() - 1);
        let text = if self.0 & ((1 << (10 * unit)) - 1) == 0 {
            format!("{} {}", self.0 >> (10 * unit), UNITS[unit])
        } else {
            format!(
                "{:.1} {}",
                self.0 as f64 / (1_u64 << (10 * unit)) as f64,
                UNITS[unit]
            )
        };
        out.pad(&text)
    }
}
