//! An engine of any configuration, used as generated code uses it: the configuration is a value here, a constant there.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::case::{Setup, THREADS, Way};
use super::subject::Subject;
use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::{GRANULE, Schedule};
use crate::block::Header;
use crate::class::ScaledClass;
use crate::config::Config;
use crate::error::FreeError;
use crate::large::Contents;
use crate::tests::double::Double;
use crate::thread_cache::{Cold, LocalBins, Locals, bin};

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

/// Where a layout is served.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    Class(usize),
    Large,
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

/// The cache of a thread that has one.
fn cold(locals: NonNull<Locals>) -> Option<NonNull<Cold>> {
    // SAFETY: the locals are live.
    NonNull::new(unsafe { locals.as_ref() }.cold.get())
}

/// Gives new locals a cache, as a thread's first trip into the slow path does.
pub(super) fn bind(engine: &'static Engine, locals: NonNull<Locals>) {
    // SAFETY: the locals are live.
    if unsafe { locals.as_ref() }.phase.get() != crate::thread_cache::Phase::Fresh {
        return;
    }
    let limits = (0..engine.config.classes.len()).map(|class| engine.limits(class));
    // SAFETY: the locals are the caller's, fresh, with a bin a class, and stay in place.
    if let Some(cold) = unsafe { Visit::bind(engine, locals, leave_thread, limits) } {
        // SAFETY: the cache stays in place until `leave` removes it.
        unsafe { engine.registry.add(cold) };
    }
}

/// Ends a thread.
pub(super) fn leave(locals: NonNull<Locals>) {
    if let Some(cold) = cold(locals) {
        // SAFETY: the cache is the caller's and registered; its hook is its first field.
        unsafe { leave_thread(cold.as_ptr().cast()) };
    }
}

/// As `global::route`, for a configuration that is no constant.
fn route(engine: &Engine, layout: Layout) -> Route {
    let (config, size, align) = (&engine.config, layout.size(), layout.align());
    let class = if size > config.largest_served() {
        None
    } else if align <= config.align {
        engine.class_of(size)
    } else if align <= GRANULE {
        (0..config.classes.len())
            .find(|&class| config.classes[class] >= size && config.classes[class] % align == 0)
    } else {
        None
    };
    class.map_or(Route::Large, Route::Class)
}

/// A block, as the generated fast path hands it out, or else the slow one.
pub(super) fn alloc(
    engine: &'static Engine,
    locals: NonNull<Locals>,
    layout: Layout,
    zeroed: bool,
) -> Option<NonNull<u8>> {
    let size = layout.size();
    // SAFETY: the locals are the caller's.
    let head = unsafe { locals.as_ref() };
    // SAFETY: the locals are the caller's, and bound to the engine.
    let visit = || unsafe { Visit::enter(engine, locals) };
    match route(engine, layout) {
        Route::Class(class) => {
            // SAFETY: there is a bin for each class.
            let hot = unsafe { bin(locals, ScaledClass::new(class)) };
            let fast = if engine.config.hardened {
                None
            } else {
                hot.pop()
            };
            let block = match fast {
                Some(block) => {
                    if engine.config.header {
                        // SAFETY: the block is of a slab with headers.
                        let header = unsafe { Header::of(block.as_ptr()) };
                        let address = block.as_ptr().addr();
                        header.seal(head.key.get(), head.owner.get(), address, size);
                    }
                    block
                }
                None => visit().alloc_small(class, size)?,
            };
            if zeroed {
                // SAFETY: the block is new and so long.
                unsafe { block.write_bytes(0, size) };
            }
            Some(block)
        }
        Route::Large => {
            let parked = if engine.config.hardened {
                None
            } else {
                engine.retake_large(head.lane.get(), size, layout.align())
            };
            let block = match parked {
                Some(block) => block,
                None => visit().alloc_large(size, layout.align())?,
            };
            if zeroed && block.contents != Contents::Zero {
                let by_age = block.contents == Contents::ByAge;
                // SAFETY: the block is new and so long.
                unsafe { engine.arena.clear(block.payload, size, by_age) };
            }
            Some(block.payload)
        }
    }
}

/// Frees a block, as the generated fast path does it, or else the slow one.
///
/// # Safety
///
/// The block is live, came with this layout, and nobody uses it any more.
pub(super) unsafe fn free(
    engine: &'static Engine,
    locals: NonNull<Locals>,
    block: NonNull<u8>,
    layout: Layout,
) {
    let size = layout.size();
    // SAFETY: the locals are the caller's.
    let head = unsafe { locals.as_ref() };
    // SAFETY: the locals are the caller's, and bound to the engine.
    let visit = || unsafe { Visit::enter(engine, locals) };
    let class = match route(engine, layout) {
        _ if engine.config.hardened => {
            // SAFETY: the caller's promise.
            let freed = unsafe { visit().free_checked(block, Some(size)) };
            assert_eq!(freed, Ok(()), "{layout:?} at {block:p}");
            return;
        }
        Route::Class(class) => class,
        Route::Large => {
            if !engine.park_large(head.lane.get(), block.as_ptr().addr(), Some(size)) {
                // SAFETY: the caller's promise.
                let freed = unsafe { visit().free_checked(block, Some(size)) };
                assert_eq!(freed, Ok(()), "{layout:?} at {block:p}");
            }
            return;
        }
    };
    // SAFETY: there is a bin for each class.
    let hot = unsafe { bin(locals, ScaledClass::new(class)) };
    if !engine.config.header {
        if !hot.push(block) {
            // SAFETY: the caller's promise, and the class is the layout's.
            unsafe { visit().free_local(class, block) };
        }
        return;
    }
    if let Some((derived, place)) = head.in_window(block.as_ptr().addr()) {
        // SAFETY: the address is a multiple of 64, and the 64 bytes before it are readable.
        let header = unsafe { Header::of(derived.as_ptr()) };
        if header.is_counted(head.window_key.get(), place, size) && hot.push(block) {
            header.release();
            return;
        }
    }
    // SAFETY: the caller's promise.
    let freed = unsafe { visit().free_checked(block, Some(size)) };
    assert_eq!(freed, Ok(()), "{layout:?} at {block:p}");
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
        let stats = engine.stats();
        assert_eq!(stats.large_live, 0, "every large block came back");
        for class in &stats.classes {
            assert_eq!((class.live, class.cached), (0, 0), "{class:?}");
        }
        assert_eq!(stats.allocated, 0, "{stats:?}");
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
