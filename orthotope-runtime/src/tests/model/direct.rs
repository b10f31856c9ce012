//! An engine of any configuration, used as generated code uses it (`paths`).

use core::alloc::Layout;
use core::ptr::NonNull;

use super::case::{Setup, THREADS, Way};
use super::paths::{Route, alloc, bind, cold, free, leave, route};
use super::subject::{Subject, check_empty};
use crate::allocator::{Engine, Visit};
use crate::arena::{GRANULE, Schedule};
use crate::config::Config;
use crate::error::FreeError;
use crate::tests::double::Double;
use crate::thread_cache::{Cold, LocalBins, Locals};

/// Bins of a thread: at least as many as any table here has classes.
const BINS: usize = 88;

pub(super) struct Direct {
    os: &'static Double,
    /// None once it has ended, or where it could not be set up.
    engine: Option<&'static Engine>,
    threads: [Thread; THREADS],
}

/// A thread of the program. Which thread of the process runs it is all the same.
struct Thread {
    bins: Box<LocalBins<BINS>>,
}

impl Direct {
    pub(super) fn new(setup: &Setup) -> Self {
        let os = Double::leaked();
        let engine = Engine::new(os, setup.config(), false).ok();
        // SAFETY: the engine is ours until `finish` releases it, and not used after that.
        let engine = engine.map(|engine| unsafe { engine.as_ref() });
        if let Some(engine) = engine {
            // Nobody else is to look after it.
            engine.arena.watch();
        }
        Self {
            os,
            engine,
            threads: core::array::from_fn(|_| Thread {
                bins: Box::new(LocalBins::new()),
            }),
        }
    }

    pub(super) fn engine(&self) -> &'static Engine {
        self.engine.expect("it was set up, or nobody plays with it")
    }

    /// The thread's locals; a thread that is new is bound first.
    fn locals(&self, thread: usize) -> NonNull<Locals> {
        let locals = self.threads[thread].bins.locals();
        bind(self.engine(), locals);
        locals
    }

    fn visit(&self, thread: usize) -> Visit<'static> {
        // SAFETY: the locals are the thread's, and bound to the engine.
        unsafe { Visit::enter(self.engine(), self.locals(thread)) }
    }

    fn cold(&self, thread: usize) -> Option<NonNull<Cold>> {
        cold(self.threads[thread].bins.locals())
    }

    fn route(&self, layout: Layout) -> Route {
        route(self.engine(), layout)
    }

    /// What a second free of a block that was just freed says, and one of an address inside of it.
    fn free_again(&self, thread: usize, block: NonNull<u8>, size: usize, route: Route) {
        let expected = match route {
            Route::Class(_) => FreeError::DoubleFree,
            Route::Large => FreeError::AlreadyFreedOrUnknownLarge,
        };
        for stated in [None, Some(size)] {
            // SAFETY: a refused free changes nothing.
            let again = unsafe { self.visit(thread).free_checked(block, stated) };
            // Without a header, a block that had a slab for itself may have left with it.
            let left =
                again == Err(FreeError::AlreadyFreedOrUnknownLarge) && !self.engine().config.header;
            assert!(
                left || again.as_ref() == Err(&expected),
                "{again:?} of {size} bytes at {block:p}"
            );
        }
    }
}

impl Subject for Direct {
    fn config(&self) -> Option<&Config> {
        self.engine.map(|engine| &engine.config)
    }

    fn system(&self) -> &'static Double {
        self.os
    }

    fn over_aligns(&self) -> bool {
        !self.engine().config.header
    }

    fn alloc(&mut self, thread: usize, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        alloc(self.engine(), self.locals(thread), layout, zeroed)
    }

    unsafe fn free(&mut self, thread: usize, block: NonNull<u8>, layout: Layout, way: Way) {
        let (engine, size) = (self.engine(), layout.size());
        let route = self.route(layout);
        let (header, hardened) = (engine.config.header, engine.config.hardened);
        // SAFETY: the caller's promise.
        let unsized_ = || unsafe { self.visit(thread).free_checked(block, None) };
        match way {
            Way::Unsized => assert_eq!(unsized_(), Ok(()), "{layout:?} at {block:p}"),
            Way::Deferred if size >= 8 && !hardened => {
                let found = engine.find_unlocked(block.as_ptr().addr(), header.then_some(size));
                assert!(found.is_ok(), "{found:?} of {layout:?} at {block:p}");
                // SAFETY: a live block of the arena, given up by the caller.
                unsafe { engine.deferred.push(block) };
                return;
            }
            Way::Mismatched if header || hardened || route == Route::Large => {
                // SAFETY: a refused free changes nothing.
                let refused = unsafe { self.visit(thread).free_checked(block, Some(size + 1)) };
                let told = FreeError::SizeMismatch {
                    provided: size + 1,
                    recorded: size,
                };
                assert_eq!(refused, Err(told), "{layout:?} at {block:p}");
                // SAFETY: the caller's promise.
                unsafe { free(engine, self.locals(thread), block, layout) };
            }
            // SAFETY: the caller's promise.
            _ => unsafe { free(engine, self.locals(thread), block, layout) },
        }
        if matches!(way, Way::Twice) && (header || hardened) {
            self.free_again(thread, block, size, route);
        }
    }

    unsafe fn realloc(
        &mut self,
        thread: usize,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let engine = self.engine();
        let new = Layout::from_size_align(size, layout.align()).ok()?;
        let (from, to) = (self.route(layout), self.route(new));
        let may_grow = match from {
            Route::Class(class) => {
                !engine.config.header
                    && layout.align() <= engine.config.align
                    && layout.size() < size
                    && engine.config.classes[class] > GRANULE / 2
            }
            Route::Large => false,
        };
        if from == to && from != Route::Large && !engine.config.header && !engine.config.hardened {
            return Some(block);
        }
        if from == to || may_grow {
            let resized = self.visit(thread).resize(block, layout.size(), size);
            if let Some(resized) = resized.expect("the block is live") {
                return Some(resized);
            }
        }
        let moved = self.alloc(thread, new, false)?;
        // SAFETY: both are live, different, and at least so long.
        unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(size)) };
        // SAFETY: the caller's promise.
        unsafe { free(engine, self.locals(thread), block, layout) };
        Some(moved)
    }

    fn usable(&mut self, _: usize, block: NonNull<u8>, layout: Layout) -> usize {
        let usable = self.engine().usable_size(block.as_ptr().addr());
        usable.unwrap_or_else(|error| panic!("{error} of {layout:?} at {block:p}"))
    }

    fn flush(&mut self, thread: usize) {
        self.visit(thread).publish();
    }

    fn tick(&mut self) {
        let engine = self.engine();
        engine.tick(Schedule::of(engine.config.purge));
    }

    fn purge(&mut self, thread: usize) {
        self.visit(thread).publish();
        self.engine().tick(Schedule::NOW);
    }

    fn leave(&mut self, thread: usize) {
        if self.cold(thread).is_some() {
            leave(self.locals(thread));
        } else {
            *self.threads[thread].bins = LocalBins::new();
        }
    }

    fn validate(&mut self) {
        let engine = self.engine();
        engine.validate();
        for cold in (0..THREADS).filter_map(|thread| self.cold(thread)) {
            // SAFETY: the cache is the thread's, which is ours.
            unsafe { Cold::validate(cold, engine.centrals()) };
        }
    }

    fn check_empty(&mut self) {
        let engine = self.engine();
        for cold in (0..THREADS).filter_map(|thread| self.cold(thread)) {
            // SAFETY: the cache is the thread's, which is ours.
            unsafe { Cold::tell(cold) };
        }
        engine.reclaim();
        engine.validate();
        check_empty(&engine.stats());
    }

    fn finish(&mut self) {
        for thread in 0..THREADS {
            leave(self.threads[thread].bins.locals());
        }
        let Some(engine) = self.engine.take() else {
            return;
        };
        assert_eq!(engine.stats().caches, 0, "every thread has left");
        // SAFETY: the engine's first holder is ours, and nothing of it is used again.
        unsafe { Engine::release(NonNull::from(engine)) };
        self.os.wait_until_unmapped("after the last holder");
    }
}
