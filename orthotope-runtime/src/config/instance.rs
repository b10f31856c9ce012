//! The configuration of instances.

use super::ClassLimits;
use crate::class::SizeClass;

/// The configuration of an [`Allocator`](crate::Allocator) instance. All fields are bytes.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{AllocatorConfig, SizeClass};
///
/// let config = AllocatorConfig { arena_size: 64 << 20, ..AllocatorConfig::default() };
/// assert_eq!(config.class_block_size(SizeClass::B64), 128);
/// assert_eq!(config.refill_count(SizeClass::B64), 256);
/// assert_eq!(config.local_limit(SizeClass::B64), 512);
/// assert_eq!(config.drain_count(SizeClass::B64), 128);
/// // A block that is larger than the targets.
/// assert_eq!(config.refill_count(SizeClass::B16M), 1);
/// assert_eq!(config.local_limit(SizeClass::B16M), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocatorConfig {
    /// Budget of the arena, exact to the byte: at least 1 (default 1 GiB). Blocks are charged with their
    /// headers; the mapping behind the budget may be larger.
    pub arena_size: usize,
    /// Alignment of every pointer handed out: a power of two, 64 to 1 GiB (default 64).
    pub alignment: usize,
    /// Bytes moved into a thread's cache by one refill of a class (default 32 KiB). Any number will do: one block at least is moved.
    pub refill_target_bytes: usize,
    /// Bytes that a thread's cache keeps per class (default 64 KiB). Any number will do: two blocks at least are kept.
    pub local_cache_target_bytes: usize,
}

impl AllocatorConfig {
    /// Bytes that one block of `class` takes, header included.
    #[must_use]
    pub const fn class_block_size(&self, class: SizeClass) -> usize {
        class.block_size_for_alignment(self.alignment)
    }

    /// Blocks of `class` that one refill asks for: `max(1, refill_target_bytes / block size)`.
    #[must_use]
    pub const fn refill_count(&self, class: SizeClass) -> usize {
        self.limits(class).refill
    }

    /// Blocks of `class` that a cache keeps after a free: `max(2, local_cache_target_bytes / block size)`.
    #[must_use]
    pub const fn local_limit(&self, class: SizeClass) -> usize {
        self.limits(class).keep
    }

    /// Blocks of `class` that go to the central pool at once: `max(1, refill_count / 2)`.
    #[must_use]
    pub const fn drain_count(&self, class: SizeClass) -> usize {
        self.limits(class).flush
    }

    const fn limits(&self, class: SizeClass) -> ClassLimits {
        ClassLimits::from_targets(
            self.class_block_size(class),
            self.refill_target_bytes,
            self.local_cache_target_bytes,
        )
    }
}

impl Default for AllocatorConfig {
    fn default() -> Self {
        Self {
            arena_size: 1 << 30,
            alignment: 64,
            refill_target_bytes: 32 << 10,
            local_cache_target_bytes: 64 << 10,
        }
    }
}
