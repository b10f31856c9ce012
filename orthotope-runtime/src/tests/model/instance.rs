//! The instance API, with one cache a thread.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::case::{Setup, THREADS, Way};
use super::subject::{Subject, check_empty};
use crate::allocator::{Allocator, ThreadCache};
use crate::arena::Schedule;
use crate::class::SizeClass;
use crate::config::{AllocatorConfig, Config, Exhausted};
use crate::error::{AllocError, FreeError};
use crate::tests::double::Double;

pub(super) struct Instance {
    os: &'static Double,
    allocator: Option<Allocator>,
    /// What an instance amounts to, for the player.
    config: Config,
    caches: [ThreadCache; THREADS],
}

impl Instance {
    pub(super) fn new(setup: &Setup) -> Self {
        let os = Double::leaked();
        let own = setup.instance();
        let config = Config::tensor()
            .with_arena(own.arena_size)
            .with_align(own.alignment)
            .with_exhausted(Exhausted::Null);
        let allocator = Allocator::on(os, own).ok();
        if let Some(allocator) = &allocator {
            allocator.engine().arena.watch();
        }
        Self {
            os,
            allocator,
            config,
            caches: core::array::from_fn(|index| ThreadCache::new(of_thread(own, index))),
        }
    }

    fn parts(&mut self, thread: usize) -> (&Allocator, &mut ThreadCache) {
        let allocator = self.allocator.as_ref();
        (
            allocator.expect("it was set up, or nobody plays with it"),
            &mut self.caches[thread],
        )
    }
}

/// A cache's targets are its own: those of half of the threads are the default ones.
fn of_thread(config: AllocatorConfig, thread: usize) -> AllocatorConfig {
    if thread.is_multiple_of(2) {
        config
    } else {
        AllocatorConfig::default()
    }
}

impl Subject for Instance {
    fn config(&self) -> Option<&Config> {
        self.allocator.as_ref().map(|_| &self.config)
    }

    fn system(&self) -> &'static Double {
        self.os
    }

    fn over_aligns(&self) -> bool {
        false
    }

    fn alloc(&mut self, thread: usize, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        let size = layout.size();
        let (allocator, cache) = self.parts(thread);
        match allocator.allocate_with_cache(cache, size) {
            Ok(block) => {
                if zeroed {
                    // SAFETY: the block is new and so long.
                    unsafe { block.write_bytes(0, size) };
                }
                assert!(block.as_ptr().addr().is_multiple_of(self.config.align));
                Some(block)
            }
            Err(AllocError::OutOfMemory { requested, .. }) => {
                assert_eq!(requested, size);
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    unsafe fn free(&mut self, thread: usize, block: NonNull<u8>, layout: Layout, way: Way) {
        let size = layout.size();
        let (allocator, cache) = self.parts(thread);
        if matches!(way, Way::Mismatched) {
            // SAFETY: a refused free changes nothing.
            let refused = unsafe { allocator.deallocate_with_size_checked(cache, block, size + 1) };
            let told = FreeError::SizeMismatch {
                provided: size + 1,
                recorded: size,
            };
            assert_eq!(refused, Err(told));
        }
        let freed = if matches!(way, Way::Unsized | Way::Deferred) {
            // SAFETY: the caller's promise.
            unsafe { allocator.deallocate_with_cache(cache, block) }
        } else {
            // SAFETY: the caller's promise.
            unsafe { allocator.deallocate_with_size_checked(cache, block, size) }
        };
        assert_eq!(freed, Ok(()), "{size} bytes at {block:p}");
        if matches!(way, Way::Twice) {
            let told = if size <= SizeClass::max_small_request() {
                FreeError::DoubleFree
            } else {
                FreeError::AlreadyFreedOrUnknownLarge
            };
            // SAFETY: a refused free changes nothing.
            let again = unsafe { allocator.deallocate_with_cache(cache, block) };
            assert_eq!(again, Err(told), "{size} bytes at {block:p}");
        }
    }

    unsafe fn realloc(
        &mut self,
        thread: usize,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let new = Layout::from_size_align(size, layout.align()).ok()?;
        let moved = self.alloc(thread, new, false)?;
        // SAFETY: both are live, different, and at least so long.
        unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(size)) };
        // SAFETY: the caller's promise.
        unsafe { self.free(thread, block, layout, Way::Sized) };
        Some(moved)
    }

    fn usable(&mut self, thread: usize, block: NonNull<u8>, _: Layout) -> usize {
        let usable = self
            .parts(thread)
            .0
            .engine()
            .usable_size(block.as_ptr().addr());
        usable.expect("the block is live")
    }

    fn flush(&mut self, thread: usize) {
        let (allocator, cache) = self.parts(thread);
        allocator.drain_thread_cache(cache);
    }

    fn tick(&mut self) {
        let engine = self.parts(0).0.engine();
        engine.tick(Schedule::of(engine.config.purge));
    }

    fn purge(&mut self, thread: usize) {
        self.flush(thread);
        self.parts(0).0.engine().tick(Schedule::NOW);
    }

    fn leave(&mut self, thread: usize) {
        let own = *self.parts(thread).0.config();
        self.caches[thread] = ThreadCache::new(of_thread(own, thread));
    }

    fn validate(&mut self) {
        self.parts(0).0.validate();
        self.caches.iter().for_each(ThreadCache::validate);
    }

    fn check_empty(&mut self) {
        let engine = self.parts(0).0.engine();
        engine.reclaim();
        engine.validate();
        check_empty(&engine.stats());
    }

    fn finish(&mut self) {
        self.allocator = None;
        for thread in 0..THREADS {
            self.caches[thread] = ThreadCache::new(AllocatorConfig::default());
        }
        self.os.wait_until_unmapped("after the last holder");
    }
}
