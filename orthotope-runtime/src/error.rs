//! The typed failures of the public API. Each message names the figures.

use std::io;

use thiserror::Error;

/// Why an allocator could not be set up.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Allocator, AllocatorConfig, InitError};
///
/// let config = AllocatorConfig { alignment: 32, ..AllocatorConfig::default() };
/// match Allocator::new(config) {
///     Err(InitError::InvalidConfig(rule)) => assert_eq!(rule, "allocator alignment must be at least 64 bytes"),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug, Error)]
pub enum InitError {
    /// The system refused the arena's address space, or memory for the allocator's own records; with the system's error.
    #[error("the system refused to map the arena: {0}")]
    MapFailed(io::Error),
    /// The configuration breaks the rule that the message states. Instances get these:
    ///
    /// | message | rule |
    /// | --- | --- |
    /// | `allocator alignment must be at least 64 bytes` | `alignment >= 64` |
    /// | `allocator alignment must be a power of two` | |
    /// | `allocator alignment must be at most 1 GiB` | `alignment <= 1 << 30` |
    /// | `allocator arena must have at least one byte` | `arena_size > 0` |
    /// | `a class's slab does not fit the address space` | sizes and their rounding fit a `usize` |
    #[error("unusable allocator configuration: {0}")]
    InvalidConfig(&'static str),
}

/// Why a request got no memory.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{AllocError, Allocator, AllocatorConfig, ThreadCache};
///
/// // Room for two blocks of the smallest class: 64 bytes and a header each.
/// let config = AllocatorConfig { arena_size: 256, ..AllocatorConfig::default() };
/// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
/// allocator.allocate_with_cache(&mut cache, 64)?;
/// allocator.allocate_with_cache(&mut cache, 64)?;
/// let full = AllocError::OutOfMemory { requested: 1, remaining: 0 };
/// assert_eq!(allocator.allocate_with_cache(&mut cache, 1), Err(full));
/// assert_eq!(allocator.allocate_with_cache(&mut cache, 0), Err(AllocError::ZeroSize));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AllocError {
    /// Zero bytes were asked for.
    #[error("a request must be for at least one byte")]
    ZeroSize,
    /// The process-wide allocator could not be set up; `global_stats` tells why.
    #[error("the process-wide allocator could not be set up")]
    GlobalInitFailed,
    /// The arena has no room.
    #[error(
        "out of memory: {requested} bytes requested, {remaining} bytes of the arena not yet handed out"
    )]
    OutOfMemory {
        /// Bytes asked for.
        requested: usize,
        /// Bytes of the arena's budget that were never handed out.
        remaining: usize,
    },
}

/// Why a free was refused. A refused free leaves the heap as it was.
///
/// The checks in order: range, alignment, interior, header, size. The first that fails names the error, but that a block that is
/// free already is [`DoubleFree`](Self::DoubleFree) whatever size was stated.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Allocator, AllocatorConfig, FreeError, ThreadCache};
///
/// let config = AllocatorConfig { arena_size: 1 << 20, ..AllocatorConfig::default() };
/// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
/// let block = allocator.allocate_with_cache(&mut cache, 100)?;
/// // SAFETY: the block is live, and nobody uses it. The wrong frees are refused.
/// unsafe {
///     let wrong = allocator.deallocate_with_size_checked(&mut cache, block, 200);
///     assert_eq!(wrong, Err(FreeError::SizeMismatch { provided: 200, recorded: 100 }));
///     allocator.deallocate_with_cache(&mut cache, block)?;
///     let again = allocator.deallocate_with_cache(&mut cache, block);
///     assert_eq!(again, Err(FreeError::DoubleFree));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FreeError {
    /// The process-wide allocator could not be set up, so it cannot have handed out the pointer.
    #[error("the process-wide allocator could not be set up")]
    GlobalInitFailed,
    /// The pointer lies in no region of this allocator, or where no block was ever made.
    #[error("the pointer is not this allocator's")]
    ForeignPointer,
    /// The block is live, but was requested with another size.
    #[error("size mismatch: freed as {provided} bytes, recorded as {recorded}")]
    SizeMismatch {
        /// Bytes that the caller stated.
        provided: usize,
        /// Bytes that the block was requested with.
        recorded: usize,
    },
    /// The small block is free already, wherever it lies by now. Without a header this is told only of a block that lies in its
    /// slab again, unless the allocator is hardened or C's too.
    #[error("double free of a small block")]
    DoubleFree,
    /// The large block is free already, or never was one.
    #[error("double free of a large block, or a large block that never was")]
    AlreadyFreedOrUnknownLarge,
    /// The pointer is misaligned, inside a block, or that of a block that was never handed out; or the header was overwritten.
    #[error("the block's header is corrupt, or the pointer is not the start of a block")]
    CorruptHeader,
}
