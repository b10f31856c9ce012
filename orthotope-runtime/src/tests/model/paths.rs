//! What generated code does for a request, a free, a thread's start and its end, with a configuration that is a value here
//! and a constant there.

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::GRANULE;
use crate::block::Header;
use crate::class::ScaledClass;
use crate::large::Contents;
use crate::thread_cache::{Cold, Locals, Phase, bin};

/// Where a layout is served.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Class(usize),
    Large,
}

/// The cache of a thread that has one.
pub(super) fn cold(locals: NonNull<Locals>) -> Option<NonNull<Cold>> {
    // SAFETY: the locals are live.
    NonNull::new(unsafe { locals.as_ref() }.cold.get())
}

/// Gives new locals a cache, as a thread's first trip into the slow path does.
pub(super) fn bind(engine: &'static Engine, locals: NonNull<Locals>) {
    // SAFETY: the locals are live.
    if unsafe { locals.as_ref() }.phase.get() != Phase::Fresh {
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
pub(super) fn route(engine: &Engine, layout: Layout) -> Route {
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
