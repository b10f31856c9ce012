//! The instance API: an allocator as a value, with thread caches that the caller owns.

use core::fmt;
use core::ptr::NonNull;

use super::engine::Engine;
use super::thread_cache::ThreadCache;
use super::visit::Visit;
use crate::block::{Header, Shape};
use crate::class::{ScaledClass, SizeClass};
use crate::config::{AllocatorConfig, Config, Exhausted};
use crate::error::{AllocError, FreeError, InitError};
use crate::stats::AllocatorStats;
use crate::sys::{Os, REAL};
use crate::thread_cache::bin;

/// An allocator of its own: an arena, a central pool, large blocks.
///
/// Two allocators are equal only if they are the same one. Dropping it while a [`ThreadCache`] is bound
/// to it leaves the arena mapped until that cache is dropped too.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Allocator, AllocatorConfig, ThreadCache};
///
/// let config = AllocatorConfig { arena_size: 64 << 20, ..AllocatorConfig::default() };
/// let allocator = Allocator::new(config)?;
/// assert_eq!(allocator.config(), &config);
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             let mut cache = ThreadCache::new(config);
///             let block = allocator.allocate_with_cache(&mut cache, 6_144).expect("there is room");
///             // SAFETY: the block is live, of this size, and not used afterwards.
///             unsafe { allocator.deallocate_with_size_checked(&mut cache, block, 6_144) }.expect("it is live");
///             allocator.drain_thread_cache(&mut cache);
///         });
///     }
/// });
/// assert!(allocator.stats().total_small_central_blocks() >= 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Allocator {
    engine: NonNull<Engine>,
    config: AllocatorConfig,
}

// SAFETY: the engine is `Send` and `Sync`, and counted.
unsafe impl Send for Allocator {}
// SAFETY: as above.
unsafe impl Sync for Allocator {}

impl Allocator {
    /// Reserves an arena of `config.arena_size` bytes.
    ///
    /// # Errors
    ///
    /// [`InitError::InvalidConfig`] if the alignment is below 64, above 1 GiB or no power of two, or the arena empty;
    /// [`InitError::MapFailed`] if the system refuses the address space.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::{Allocator, AllocatorConfig, InitError};
    ///
    /// let allocator = Allocator::new(AllocatorConfig { arena_size: 1 << 20, ..AllocatorConfig::default() })?;
    /// assert_eq!(allocator.stats().arena_remaining, 1 << 20);
    /// let empty = Allocator::new(AllocatorConfig { arena_size: 0, ..AllocatorConfig::default() });
    /// assert!(matches!(empty, Err(InitError::InvalidConfig(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(config: AllocatorConfig) -> Result<Self, InitError> {
        Self::on(&REAL, config)
    }

    /// The same on any system.
    pub(crate) fn on(os: &'static dyn Os, config: AllocatorConfig) -> Result<Self, InitError> {
        let AllocatorConfig {
            arena_size,
            alignment,
            refill_target_bytes,
            local_cache_target_bytes,
        } = config;
        let generic = Config::tensor()
            .with_arena(arena_size)
            .with_align(alignment)
            .with_refill(refill_target_bytes)
            .with_cache(local_cache_target_bytes)
            .with_exhausted(Exhausted::Null);
        Ok(Self {
            engine: Engine::new(os, generic, false)?,
            config,
        })
    }

    /// What the allocator was made with.
    #[must_use]
    pub const fn config(&self) -> &AllocatorConfig {
        &self.config
    }

    /// A snapshot of the allocator's memory.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::{Allocator, AllocatorConfig, ThreadCache};
    ///
    /// let config = AllocatorConfig { arena_size: 1 << 20, ..AllocatorConfig::default() };
    /// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
    /// let _block = allocator.allocate_with_cache(&mut cache, 100)?;
    /// // A slab is charged a refill at a time.
    /// assert!(allocator.stats().arena_remaining < 1 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> AllocatorStats {
        self.engine().allocator_stats()
    }

    /// Allocates `size` bytes through `cache`.
    ///
    /// The memory is uninitialised and aligned to the configuration's alignment.
    ///
    /// # Errors
    ///
    /// [`AllocError::ZeroSize`] for zero bytes, [`AllocError::OutOfMemory`] if the arena has no room.
    ///
    /// # Panics
    ///
    /// If `cache` holds blocks of another allocator.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::{Allocator, AllocatorConfig, AllocError, ThreadCache};
    ///
    /// let config = AllocatorConfig { arena_size: 1 << 20, ..AllocatorConfig::default() };
    /// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
    /// let block = allocator.allocate_with_cache(&mut cache, 100)?;
    /// assert!(block.addr().get().is_multiple_of(64));
    /// assert_eq!(allocator.allocate_with_cache(&mut cache, 0), Err(AllocError::ZeroSize));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn allocate_with_cache(
        &self,
        cache: &mut ThreadCache,
        size: usize,
    ) -> Result<NonNull<u8>, AllocError> {
        if !cache.is_of(self.engine) {
            cache.bind(self.engine);
        }
        let Some(class) = SizeClass::from_request(size) else {
            return self.allocate_large(cache, size);
        };
        let locals = cache.bins().locals();
        // SAFETY: the cache has a bin for each of the twelve classes.
        let Some(block) = unsafe { bin(locals, ScaledClass::new(class.index())) }.pop() else {
            return self.allocate_slow(cache, class, size);
        };
        // SAFETY: the locals are the cache's.
        let head = unsafe { locals.as_ref() };
        // SAFETY: the block is of a slab with headers, so one precedes its payload.
        let header = unsafe { Header::of(block.as_ptr()) };
        header.seal(
            head.key.get(),
            head.owner.get(),
            block.as_ptr().addr(),
            size,
        );
        Ok(block)
    }

    /// Frees a block through `cache`. A refused free changes nothing.
    ///
    /// # Errors
    ///
    /// A [`FreeError`] that says why the pointer is not that of a live block of this allocator.
    ///
    /// # Panics
    ///
    /// If `cache` holds blocks of another allocator.
    ///
    /// # Safety
    ///
    /// If `ptr` is a live block of this allocator, nobody uses that block any more. The allocator cannot
    /// tell a stale pointer whose block has been handed out again from the new holder's.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::{Allocator, AllocatorConfig, FreeError, ThreadCache};
    ///
    /// let config = AllocatorConfig { arena_size: 1 << 20, ..AllocatorConfig::default() };
    /// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
    /// let block = allocator.allocate_with_cache(&mut cache, 100)?;
    /// // SAFETY: the block is live and nobody uses it; the second free is refused.
    /// unsafe {
    ///     allocator.deallocate_with_cache(&mut cache, block)?;
    ///     assert_eq!(allocator.deallocate_with_cache(&mut cache, block), Err(FreeError::DoubleFree));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn deallocate_with_cache(
        &self,
        cache: &mut ThreadCache,
        ptr: NonNull<u8>,
    ) -> Result<(), FreeError> {
        // SAFETY: the caller's promise is the same.
        unsafe { self.deallocate_checked(cache, ptr, None) }
    }

    /// Frees a block through `cache` if it was requested with exactly `size` bytes.
    ///
    /// # Errors
    ///
    /// As [`deallocate_with_cache`](Self::deallocate_with_cache), and [`FreeError::SizeMismatch`].
    ///
    /// # Panics
    ///
    /// If `cache` holds blocks of another allocator.
    ///
    /// # Safety
    ///
    /// As [`deallocate_with_cache`](Self::deallocate_with_cache).
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::{Allocator, AllocatorConfig, FreeError, ThreadCache};
    ///
    /// let config = AllocatorConfig { arena_size: 1 << 20, ..AllocatorConfig::default() };
    /// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
    /// let block = allocator.allocate_with_cache(&mut cache, 100)?;
    /// // SAFETY: the block is live and nobody uses it; the wrong free is refused.
    /// unsafe {
    ///     let wrong = allocator.deallocate_with_size_checked(&mut cache, block, 99);
    ///     assert_eq!(wrong, Err(FreeError::SizeMismatch { provided: 99, recorded: 100 }));
    ///     allocator.deallocate_with_size_checked(&mut cache, block, 100)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn deallocate_with_size_checked(
        &self,
        cache: &mut ThreadCache,
        ptr: NonNull<u8>,
        size: usize,
    ) -> Result<(), FreeError> {
        if !cache.is_of(self.engine) {
            cache.bind(self.engine);
        }
        let locals = cache.bins().locals();
        // SAFETY: the locals are the cache's.
        let head = unsafe { locals.as_ref() };
        if let Some(class) = SizeClass::from_request(size)
            && let Some((block, _)) = head.in_window(ptr.as_ptr().addr())
        {
            // SAFETY: the address is a multiple of 64, and the 64 bytes before it are readable.
            let header = unsafe { Header::of(block.as_ptr()) };
            let (key, address) = (head.key.get(), block.as_ptr().addr());
            let made = (Shape::small(class.index()), class.payload_size());
            if header.is_whole(key, head.owner.get(), address, size, made) {
                // SAFETY: the cache has a bin for each of the twelve classes.
                if unsafe { bin(locals, ScaledClass::new(class.index())) }.push(block) {
                    header.release();
                    return Ok(());
                }
            }
        }
        // SAFETY: the caller's promise is the same.
        unsafe { self.deallocate_checked(cache, ptr, Some(size)) }
    }

    /// Publishes every block of `cache` to the central pool.
    ///
    /// # Panics
    ///
    /// If `cache` holds blocks of another allocator.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::{Allocator, AllocatorConfig, ThreadCache};
    ///
    /// let config = AllocatorConfig { arena_size: 1 << 20, ..AllocatorConfig::default() };
    /// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
    /// let block = allocator.allocate_with_cache(&mut cache, 100)?;
    /// // SAFETY: the block is live and not used afterwards.
    /// unsafe { allocator.deallocate_with_cache(&mut cache, block)? };
    /// allocator.drain_thread_cache(&mut cache);
    /// assert_eq!(cache.stats().total_local_blocks(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain_thread_cache(&self, cache: &mut ThreadCache) {
        if !cache.is_of(self.engine) {
            cache.bind(self.engine);
        }
        self.visit(cache).publish();
    }

    #[cold]
    #[inline(never)]
    fn allocate_slow(
        &self,
        cache: &mut ThreadCache,
        class: SizeClass,
        size: usize,
    ) -> Result<NonNull<u8>, AllocError> {
        self.visit(cache)
            .alloc_small(class.index(), size)
            .ok_or_else(|| self.engine().out_of_memory(size))
    }

    #[cold]
    #[inline(never)]
    fn allocate_large(
        &self,
        cache: &mut ThreadCache,
        size: usize,
    ) -> Result<NonNull<u8>, AllocError> {
        if size == 0 {
            return Err(AllocError::ZeroSize);
        }
        match self.visit(cache).alloc_large(size, 1) {
            Some(block) => Ok(block.payload),
            None => Err(self.engine().out_of_memory(size)),
        }
    }

    /// # Safety
    ///
    /// As [`deallocate_with_cache`](Self::deallocate_with_cache).
    #[inline(never)]
    unsafe fn deallocate_checked(
        &self,
        cache: &mut ThreadCache,
        ptr: NonNull<u8>,
        size: Option<usize>,
    ) -> Result<(), FreeError> {
        if !cache.is_of(self.engine) {
            cache.bind(self.engine);
        }
        // SAFETY: the caller's promise is the same.
        unsafe { self.visit(cache).free_checked(ptr, size) }
    }

    fn visit(&self, cache: &mut ThreadCache) -> Visit<'_> {
        // SAFETY: the cache is bound to this engine, and borrowed exclusively until the caller is done.
        unsafe { Visit::enter(self.engine(), cache.bins().locals()) }
    }

    pub(crate) fn engine(&self) -> &Engine {
        // SAFETY: the allocator is a holder of its engine.
        unsafe { self.engine.as_ref() }
    }

    /// Panics if an invariant of any layer does not hold.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn validate(&self) {
        self.engine().validate();
    }
}

impl Drop for Allocator {
    fn drop(&mut self) {
        // SAFETY: the allocator counted itself when it was made, and is gone now.
        unsafe { Engine::release(self.engine) };
    }
}

impl PartialEq for Allocator {
    fn eq(&self, other: &Self) -> bool {
        self.engine().id == other.engine().id
    }
}

impl Eq for Allocator {}

impl fmt::Debug for Allocator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Allocator")
            .field("id", &self.engine().id)
            .field("config", &self.config)
            .finish()
    }
}
