//! A caller-owned thread cache for the instance API.

use core::fmt;
use core::ptr::NonNull;

use super::engine::Engine;
use super::visit::Visit;
use crate::class::SizeClass;
use crate::config::{AllocatorConfig, ClassLimits};
use crate::stats::{SizeClassStats, ThreadCacheStats};
use crate::sys::AtExit;
use crate::thread_cache::{Cold, LocalBins};

const CLASSES: usize = SizeClass::ALL.len();

/// Free blocks that one thread keeps of one [`Allocator`](crate::Allocator).
///
/// Give each thread its own. A cache binds itself to the allocator it is first used with, and keeps that
/// allocator's arena mapped; an empty one may then be used with another. Dropping it publishes its blocks.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Allocator, AllocatorConfig, ThreadCache};
///
/// let config = AllocatorConfig { arena_size: 64 << 20, ..AllocatorConfig::default() };
/// let (allocator, mut cache) = (Allocator::new(config)?, ThreadCache::new(config));
/// let block = allocator.allocate_with_cache(&mut cache, 100)?;
/// // SAFETY: the block is live and not used afterwards.
/// unsafe { allocator.deallocate_with_cache(&mut cache, block)? };
/// // The same thread gets the same block back.
/// assert_eq!(allocator.allocate_with_cache(&mut cache, 100)?, block);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ThreadCache {
    config: AllocatorConfig,
    bins: LocalBins<CLASSES>,
    /// The allocator it is bound to; counted.
    engine: Option<NonNull<Engine>>,
}

// SAFETY: the cells and pointers inside are the cache's own, and the engine is `Sync`.
unsafe impl Send for ThreadCache {}

impl ThreadCache {
    /// An empty cache that keeps as much as `config` says: its refill and cache targets count, whatever
    /// those of the allocator it is used with.
    #[must_use]
    pub const fn new(config: AllocatorConfig) -> Self {
        Self {
            config,
            bins: LocalBins::new(),
            engine: None,
        }
    }

    /// What the cache holds.
    #[must_use]
    pub fn stats(&self) -> ThreadCacheStats {
        let local = SizeClass::ALL.map(|class| {
            let blocks = self.cold().map_or(0, |cold| {
                // SAFETY: the cold half is this cache's, and its locals were told where it is.
                unsafe { Cold::kept(cold, class.index()) }
            });
            SizeClassStats {
                class,
                blocks,
                bytes: blocks * self.stride(class),
            }
        });
        ThreadCacheStats {
            is_bound: self.engine.is_some(),
            local,
        }
    }

    /// The cache's bins.
    #[inline(always)]
    pub(super) fn bins(&self) -> &LocalBins<CLASSES> {
        &self.bins
    }

    /// Whether the cache is bound to `engine`.
    #[inline(always)]
    pub(super) fn is_of(&self, engine: NonNull<Engine>) -> bool {
        self.engine == Some(engine)
    }

    /// Binds the cache to `engine`.
    ///
    /// # Panics
    ///
    /// If it holds blocks of another allocator.
    #[cold]
    pub(super) fn bind(&mut self, engine: NonNull<Engine>) {
        assert!(
            self.is_empty(),
            "thread cache cannot be reused across allocators while it still holds cached blocks"
        );
        self.unbind();
        // SAFETY: the caller is a holder of the engine.
        let this = unsafe { engine.as_ref() };
        this.retain();
        self.engine = Some(engine);
        let targets = self.config;
        let limits = (0..CLASSES).map(|class| {
            let stride = this.config.stride(class);
            let own = ClassLimits::from_targets(
                stride,
                targets.refill_target_bytes,
                targets.local_cache_target_bytes,
            );
            // Never more than the arena could hold.
            let most = this.config.arena / stride;
            ClassLimits {
                first: own.first.min(most.max(1)),
                refill: own.refill.min(most.max(1)),
                keep: own.keep.min(most + 1),
                flush: own.flush,
            }
        });
        // SAFETY: the locals are this cache's, with a bin a class and, unbound, no blocks. Every visit tells
        // the cold half where they are.
        unsafe { Visit::bind(this, self.bins.locals(), no_exit, limits) };
    }

    /// Panics if an invariant of the cache does not hold.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn validate(&self) {
        if let (Some(engine), Some(cold)) = (self.engine, self.cold()) {
            // SAFETY: a bound cache is a holder of its engine.
            let engine = unsafe { engine.as_ref() };
            // SAFETY: the cold half is this cache's.
            unsafe { Cold::validate(cold, engine.centrals()) };
        }
    }

    fn is_empty(&self) -> bool {
        let Some(cold) = self.cold() else { return true };
        (0..CLASSES).all(|class| {
            // SAFETY: the cold half is this cache's, and its locals were told where it is.
            unsafe { Cold::kept(cold, class) + Cold::staged(cold, class) == 0 }
        })
    }

    fn unbind(&mut self) {
        if let Some(engine) = self.engine.take() {
            // SAFETY: a bound cache is a holder of its engine.
            let this = unsafe { engine.as_ref() };
            // SAFETY: the locals are this cache's, their cold half the engine's and in no registry.
            unsafe { Visit::unbind(this, self.bins.locals()) };
            // SAFETY: the cache counted itself when it was bound, and has let go of every block.
            unsafe { Engine::release(engine) };
        }
    }

    /// The cold half, told where the bins are now.
    fn cold(&self) -> Option<NonNull<Cold>> {
        // SAFETY: the locals are this cache's.
        let mut cold = NonNull::new(unsafe { self.bins.locals().as_ref() }.cold.get())?;
        // SAFETY: the cold half is this cache's, which is not `Sync`: nobody else looks at it.
        unsafe { cold.as_mut() }.locals = self.bins.locals();
        Some(cold)
    }

    fn stride(&self, class: SizeClass) -> usize {
        let Some(engine) = self.engine else { return 0 };
        // SAFETY: a bound cache is a holder of its engine.
        unsafe { engine.as_ref() }.config.stride(class.index())
    }
}

impl Drop for ThreadCache {
    fn drop(&mut self) {
        self.unbind();
    }
}

impl fmt::Debug for ThreadCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ThreadCache")
            .field("config", &self.config)
            .field("stats", &self.stats())
            .finish()
    }
}

/// An instance's cache is dropped, not left behind by its thread.
unsafe fn no_exit(_: *mut AtExit) {}
