//! An allocator of its own, with blocks that are looked at through raw pointers alone.
//!
//! Invariant: everything that a [`Block`] reaches was handed out by the [`Heap`] that it borrows, whose
//! arena stays mapped as long as the heap lives. So its 64 bytes of header and the bytes requested can be
//! read and written even after it was freed, and no reference into them exists between two calls.

use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

use orthotope::{AllocError, Allocator, AllocatorConfig, FreeError, SizeClass, ThreadCache};

use crate::pattern::all_are;

/// Bytes of the header before every block.
pub const HEADER: usize = 64;

/// An allocator that a test owns.
#[derive(Debug)]
pub struct Heap(Allocator);

impl Heap {
    /// An allocator with this configuration.
    ///
    /// # Panics
    ///
    /// If it is refused.
    #[must_use]
    pub fn new(config: AllocatorConfig) -> Self {
        Self(Allocator::new(config).unwrap_or_else(|error| panic!("{config:?}: {error}")))
    }

    /// An allocator with the default configuration but for its arena.
    #[must_use]
    pub fn with_arena(arena_size: usize) -> Self {
        Self::new(AllocatorConfig {
            arena_size,
            ..AllocatorConfig::default()
        })
    }

    /// A cache with the allocator's configuration.
    #[must_use]
    pub fn cache(&self) -> ThreadCache {
        ThreadCache::new(*self.config())
    }

    /// A block of `size` bytes.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn alloc(&self, cache: &mut ThreadCache, size: usize) -> Block<'_> {
        self.try_alloc(cache, size)
            .unwrap_or_else(|error| panic!("{size} bytes: {error}"))
    }

    /// A block of `size` bytes, or the allocator's reason.
    ///
    /// # Errors
    ///
    /// The allocator's.
    pub fn try_alloc(&self, cache: &mut ThreadCache, size: usize) -> Result<Block<'_>, AllocError> {
        let start = self.allocate_with_cache(cache, size)?;
        Ok(Block {
            start,
            size,
            heap: PhantomData,
        })
    }

    /// `count` blocks of `size` bytes.
    pub fn alloc_many(&self, cache: &mut ThreadCache, size: usize, count: usize) -> Vec<Block<'_>> {
        (0..count).map(|_| self.alloc(cache, size)).collect()
    }

    /// Frees whatever is at `at`.
    ///
    /// # Errors
    ///
    /// The allocator's.
    pub fn free(
        &self,
        cache: &mut ThreadCache,
        at: impl Into<NonNull<u8>>,
    ) -> Result<(), FreeError> {
        // SAFETY: nobody else knows this allocator, and its blocks are reached through raw pointers alone,
        // whose users vouch for themselves.
        unsafe { self.deallocate_with_cache(cache, at.into()) }
    }

    /// Frees whatever is at `at`, as `size` bytes.
    ///
    /// # Errors
    ///
    /// The allocator's.
    pub fn free_sized(
        &self,
        cache: &mut ThreadCache,
        at: impl Into<NonNull<u8>>,
        size: usize,
    ) -> Result<(), FreeError> {
        // SAFETY: as in `free`.
        unsafe { self.deallocate_with_size_checked(cache, at.into(), size) }
    }

    /// Frees every block.
    ///
    /// # Panics
    ///
    /// If one is refused.
    pub fn free_all(&self, cache: &mut ThreadCache, blocks: &[Block<'_>]) {
        for &block in blocks {
            self.free(cache, block)
                .unwrap_or_else(|error| panic!("{block:?}: {error}"));
        }
    }

    /// Blocks of `class` in the central pool.
    #[must_use]
    pub fn central(&self, class: SizeClass) -> usize {
        self.stats().small_central[class.index()].blocks
    }
}

impl Deref for Heap {
    type Target = Allocator;

    fn deref(&self) -> &Allocator {
        &self.0
    }
}

/// Blocks of `class` that are ready for reuse in `cache`.
#[must_use]
pub fn kept(cache: &ThreadCache, class: SizeClass) -> usize {
    cache.stats().local[class.index()].blocks
}

/// A block that a [`Heap`] handed out, live or freed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'heap> {
    start: NonNull<u8>,
    size: usize,
    heap: PhantomData<&'heap Heap>,
}

impl Block<'_> {
    /// Address of the first byte.
    #[must_use]
    pub fn address(self) -> usize {
        self.start.as_ptr().addr()
    }

    /// Bytes requested.
    #[must_use]
    pub const fn size(self) -> usize {
        self.size
    }

    /// The address `bytes` further on, as a pointer to hand to a free.
    ///
    /// # Panics
    ///
    /// If that is null.
    #[must_use]
    pub fn at(self, bytes: isize) -> NonNull<u8> {
        NonNull::new(self.start.as_ptr().wrapping_offset(bytes)).expect("an address near a block")
    }

    /// The header.
    #[must_use]
    pub fn header(self) -> [u8; HEADER] {
        let start = self.at(-(HEADER as isize)).cast::<[u8; HEADER]>();
        // SAFETY: the module's invariant.
        unsafe { start.read() }
    }

    /// Overwrites the header.
    pub fn set_header(self, header: [u8; HEADER]) {
        let start = self.at(-(HEADER as isize)).cast::<[u8; HEADER]>();
        // SAFETY: the module's invariant.
        unsafe { start.write(header) }
    }

    /// Changes every bit of the header's byte at `index`.
    pub fn flip(self, index: usize) {
        let mut header = self.header();
        header[index] ^= 0xff;
        self.set_header(header);
    }

    /// Writes `byte` to every byte requested.
    pub fn fill(self, byte: u8) {
        // SAFETY: the module's invariant.
        unsafe { self.start.write_bytes(byte, self.size) }
    }

    /// Writes `bytes` into the block.
    ///
    /// # Panics
    ///
    /// If they are not all among those requested.
    pub fn write_at(self, offset: usize, bytes: &[u8]) {
        assert!(offset <= self.size && bytes.len() <= self.size - offset);
        let start = self.start.as_ptr().wrapping_add(offset);
        // SAFETY: the module's invariant; no reference into the block exists, so they do not overlap.
        unsafe { start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }

    /// Whether every byte requested is `byte`.
    #[must_use]
    pub fn is_filled_with(self, byte: u8) -> bool {
        let bytes = NonNull::slice_from_raw_parts(self.start, self.size);
        // SAFETY: the module's invariant; the bytes were written by `fill`, and the reference ends here.
        all_are(unsafe { bytes.as_ref() }, byte)
    }
}

impl From<Block<'_>> for NonNull<u8> {
    fn from(block: Block<'_>) -> Self {
        block.start
    }
}
