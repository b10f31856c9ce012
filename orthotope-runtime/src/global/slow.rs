//! The rest of `GlobalAlloc` but for `dealloc`, out of line.
//!
//! The generic functions are thin: they add their type's statics and hand over to code that is compiled
//! once. Nothing here panics or unwinds: it may run inside `GlobalAlloc`.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use std::alloc::System;

use super::fast::{alloc_class, alloc_uncounted, dealloc_class, dealloc_unwatched};
use super::hardened::{check_live, resize_hardened};
use super::runtime::Runtime;
use super::slow_free::refuse;
use super::{Derived, Generated, MOST_ALIGNED, Route, route};
use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::{GRANULE, Lane, Schedule};
use crate::class::ScaledClass;
use crate::config::Config;
use crate::fallback::{self, Lender};
use crate::large::{Contents, LargeBlock};
use crate::sys::on_thread_exit;
use crate::thread_cache::{Locals, Phase};

/// Ticks after which a purge lets well alone, whatever others free meanwhile.
const PURGES: usize = 4;

/// A generated type's statics, and the calling thread's share of them.
#[derive(Clone, Copy)]
pub(super) struct Statics {
    pub(super) runtime: &'static Runtime,
    pub(super) config: &'static Config,
    pub(super) locals: NonNull<Locals>,
}

impl Statics {
    pub(super) fn of<G: Generated>() -> Self {
        Self {
            runtime: G::runtime(),
            config: const { &G::CONFIG },
            locals: G::locals(),
        }
    }

    /// The number that marks the blocks of the thread's cache.
    pub(super) fn owner(self) -> u64 {
        // SAFETY: `Generated` promises this thread's locals.
        unsafe { self.locals.as_ref() }.owner.get()
    }

    /// The thread's lane, unless it is inside the slow path already, and may be in the middle of using it.
    pub(super) fn lane(self) -> Option<(&'static Engine, Lane)> {
        // SAFETY: `Generated` promises this thread's locals.
        let head = unsafe { self.locals.as_ref() };
        (head.phase.get() == Phase::Bound)
            .then(|| Some((self.runtime.started()?, head.lane.get())))
            .flatten()
    }
}

/// What a thread meets when it leaves the fast path.
pub(super) enum Entry {
    Ready(Visit<'static>),
    /// The thread is inside already.
    Busy,
    Failed,
}

/// Enters the slow path, with the engine set up and the thread bound.
pub(super) fn enter(statics: Statics) -> Entry {
    // SAFETY: `Generated` promises this thread's locals.
    let head = unsafe { statics.locals.as_ref() };
    match head.phase.get() {
        Phase::Busy => return Entry::Busy,
        Phase::Bound | Phase::Uncached => {}
        Phase::Fresh => {
            head.phase.set(Phase::Busy);
            let Ok(engine) = statics.runtime.engine(statics.config) else {
                head.phase.set(Phase::Fresh);
                return Entry::Failed;
            };
            bind(engine, statics.locals);
        }
    }
    match statics.runtime.started() {
        // SAFETY: the locals are this thread's, and bound to this engine if to any.
        Some(engine) => Entry::Ready(unsafe { Visit::enter(engine, statics.locals) }),
        None => Entry::Failed,
    }
}

/// Gives the thread a cache that is published when it exits.
fn bind(engine: &'static Engine, locals: NonNull<Locals>) {
    let limits = (0..engine.config.classes.len()).map(|class| engine.limits(class));
    // SAFETY: the locals are this thread's, fresh, with a bin a class; thread-local memory outlives the hook.
    let cold = unsafe { Visit::bind(engine, locals, leave_thread, limits) };
    if let Some(cold) = cold {
        // SAFETY: the cache stays in place until `leave_thread` removes it.
        unsafe { engine.registry.add(cold) };
        // SAFETY: the hook is the cache's first field and stays in place until it has run.
        unsafe { on_thread_exit(cold.as_ptr().cast()) };
    }
}

#[cold]
#[inline(never)]
pub(super) fn alloc_slow<G: Generated>(class: usize, size: usize) -> *mut u8 {
    alloc_small(Statics::of::<G>(), class, size)
}

pub(super) fn alloc_small(statics: Statics, class: usize, size: usize) -> *mut u8 {
    match enter(statics) {
        Entry::Ready(visit) => visit
            .alloc_small(class, size)
            .map_or(ptr::null_mut(), NonNull::as_ptr),
        Entry::Busy => lend(statics.config, class),
        Entry::Failed => ptr::null_mut(),
    }
}

/// Who lends to a thread that is inside already: nobody who may be ourselves.
fn lender(config: &Config) -> Lender {
    if config.c_api {
        Lender::Pages
    } else {
        Lender::System
    }
}

/// A block of the lender's that is legal in any magazine of `class`.
fn lend(config: &Config, class: usize) -> *mut u8 {
    let size = config.stride(class);
    // What a class's blocks are aligned to by their position, so that over-aligned layouts are served too.
    let align = (1 << size.trailing_zeros()).min(GRANULE).max(config.align);
    Layout::from_size_align(size, align).map_or(ptr::null_mut(), |layout| {
        fallback::take(lender(config), layout)
    })
}

/// `alloc` of a layout whose class is not one load away. Cold, so that the fast path keeps its two branches apart.
#[cold]
#[inline(never)]
pub(super) fn alloc_other_slow<G: Generated>(layout: Layout) -> *mut u8 {
    match route::<G>(layout.size(), layout.align()) {
        Route::Class(class) => alloc_class::<G>(ScaledClass::new(class), layout.size()),
        Route::Large => {
            alloc_large::<G>(layout).map_or(ptr::null_mut(), |block| block.payload.as_ptr())
        }
        // SAFETY: the layout is the caller's, who vouches for it as `GlobalAlloc` asks.
        Route::System => unsafe { System.alloc(layout) },
    }
}

/// `alloc_zeroed` of a layout whose class is not one load away.
#[inline(never)]
pub(super) fn alloc_zeroed_other_slow<G: Generated>(layout: Layout) -> *mut u8 {
    match route::<G>(layout.size(), layout.align()) {
        Route::Class(class) => {
            let block = alloc_class::<G>(ScaledClass::new(class), layout.size());
            if !block.is_null() {
                // SAFETY: the block has at least `size` bytes.
                unsafe { block.write_bytes(0, layout.size()) };
            }
            block
        }
        Route::Large => {
            let Some(block) = alloc_large::<G>(layout) else {
                return ptr::null_mut();
            };
            clear_large(G::runtime(), &block, layout.size());
            block.payload.as_ptr()
        }
        // SAFETY: the layout is the caller's, who vouches for it as `GlobalAlloc` asks.
        Route::System => unsafe { System.alloc_zeroed(layout) },
    }
}

/// Makes the `size` bytes of a block that was just handed out zero, where they are not known to be.
fn clear_large(runtime: &'static Runtime, block: &LargeBlock, size: usize) {
    let by_age = match block.contents {
        Contents::Zero => return,
        Contents::ByAge => true,
        Contents::Any => false,
    };
    match runtime.started() {
        // SAFETY: the block is new, the caller's, and of at least `size` bytes.
        Some(engine) => unsafe { engine.arena.clear(block.payload, size, by_age) },
        // SAFETY: as above.
        None => unsafe { block.payload.write_bytes(0, size) },
    }
}

/// What a large block is requested with. Only where the system's allocator is ourselves is an empty request one.
#[inline(always)]
pub(super) fn large_size<G: Generated>(layout: Layout) -> usize {
    if G::CONFIG.c_api {
        layout.size().max(1)
    } else {
        layout.size()
    }
}

/// A large block; of a hardened allocator never without a visit.
#[inline(always)]
pub(super) fn alloc_large<G: Generated>(layout: Layout) -> Option<LargeBlock> {
    let layout = if G::CONFIG.c_api {
        Layout::from_size_align(large_size::<G>(layout), layout.align()).ok()?
    } else {
        layout
    };
    if G::CONFIG.hardened {
        visit_alloc_large(Statics::of::<G>(), layout)
    } else {
        retake_or_alloc_large(Statics::of::<G>(), layout)
    }
}

fn retake_or_alloc_large(statics: Statics, layout: Layout) -> Option<LargeBlock> {
    if let Some((engine, lane)) = statics.lane()
        && let Some(block) = engine.retake_large(lane, layout.size(), layout.align())
    {
        return Some(block);
    }
    visit_alloc_large(statics, layout)
}

fn visit_alloc_large(statics: Statics, layout: Layout) -> Option<LargeBlock> {
    match enter(statics) {
        Entry::Ready(visit) => visit.alloc_large(layout.size(), layout.align()),
        Entry::Busy => {
            let align = layout.align().max(statics.config.align);
            let layout = Layout::from_size_align(layout.size(), align).ok()?;
            NonNull::new(fallback::take(lender(statics.config), layout)).map(|payload| LargeBlock {
                payload,
                contents: Contents::Any,
            })
        }
        Entry::Failed => None,
    }
}

/// Whether no small block lies in a slab of its own, where it might grow in place (see [`may_grow`]).
#[inline(always)]
pub(super) fn shares_its_slab<G: Generated>() -> bool {
    G::CONFIG.classes[G::TABLE.small(G::SMALL).index()] <= GRANULE / 2
}

/// A block of class `new` instead of one of class `old`, with what that held: what a growing vector asks for. Neither has a header,
/// and no small block of the type's can grow in place.
///
/// # Safety
///
/// The block came from `alloc_class` with `old` and `size`, and is given up unless null is returned.
#[inline(never)]
pub(super) unsafe fn realloc_small<G: Generated>(
    block: *mut u8,
    size: usize,
    old: ScaledClass,
    new_size: usize,
    new: ScaledClass,
) -> *mut u8 {
    let moved = alloc_class::<G>(new, new_size);
    if !moved.is_null() {
        // SAFETY: both blocks are live, different, and at least this long.
        unsafe { moved.copy_from_nonoverlapping(block, size.min(new_size)) };
        // SAFETY: the caller gives the old block up.
        unsafe { dealloc_class::<G>(block, old, size) };
    }
    moved
}

/// # Safety
///
/// As `GlobalAlloc::realloc`.
#[inline(never)]
pub(super) unsafe fn realloc_slow<G: Generated>(
    block: *mut u8,
    layout: Layout,
    new_size: usize,
) -> *mut u8 {
    let old = route::<G>(layout.size(), layout.align());
    let new = route::<G>(new_size, layout.align());
    if old == Route::System && new == Route::System {
        // SAFETY: the caller's promise; the block came from `System` with this layout.
        return unsafe { System.realloc(block, layout, new_size) };
    }
    if !G::CONFIG.header && !G::CONFIG.hardened && old == new && matches!(old, Route::Class(_)) {
        return block;
    }
    if G::CONFIG.hardened
        && old == new
        && matches!(old, Route::Class(_))
        && resize_hardened::<G>(block, layout.size(), new_size)
    {
        return block;
    }
    // A block that moves by its page tables stays aligned to a huge page, and to no more.
    if layout.align() <= MOST_ALIGNED.max(G::CONFIG.align)
        && (old == new || may_grow::<G>(old, layout, new_size))
        && let Some(block) = resize(Statics::of::<G>(), block, large_size::<G>(layout), new_size)
    {
        return block.as_ptr();
    }
    if G::CONFIG.hardened && old != Route::System {
        check_live::<G>(block, layout.size());
    }
    // SAFETY: the alignment is a layout's already, and the caller vouches for the size.
    let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
    let moved = alloc_uncounted::<G>(new_layout);
    if !moved.is_null() {
        // SAFETY: both blocks are live, different, and at least this long.
        unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(new_size)) };
        // SAFETY: the caller gives the old block up.
        unsafe { dealloc_unwatched::<G>(block, layout) };
    }
    moved
}

/// Whether a block of a class may have room behind it: if it lies in a slab of its own.
fn may_grow<G: Generated>(old: Route, layout: Layout, new_size: usize) -> bool {
    let Route::Class(class) = old else {
        return false;
    };
    !G::CONFIG.header
        && layout.align() <= G::CONFIG.align
        && layout.size() < new_size
        && G::CONFIG.classes[class] > GRANULE / 2
}

/// The live block as one of `new` bytes, if it could be made that without copying it.
pub(super) fn resize(
    statics: Statics,
    block: *mut u8,
    old: usize,
    new: usize,
) -> Option<NonNull<u8>> {
    let block = NonNull::new(block)?;
    if fallback::size_of(block.as_ptr().addr()).is_some() {
        return None;
    }
    match enter(statics) {
        Entry::Ready(visit) => match visit.resize(block, old, new) {
            Ok(resized) => resized,
            Err(error) => refuse(block, old, &error),
        },
        Entry::Busy | Entry::Failed => None,
    }
}

/// Empties the calling thread's cache. Inside the slow path there is nothing to be done: it is in use.
pub(super) fn flush(statics: Statics) {
    if statics.runtime.started().is_some()
        && let Entry::Ready(visit) = enter(statics)
    {
        visit.publish();
    }
}

/// Empties the calling thread's cache and gives all free memory back. Inside the slow path neither can be done.
pub(super) fn purge(statics: Statics) {
    if statics.runtime.started().is_some()
        && let Entry::Ready(visit) = enter(statics)
    {
        visit.publish();
        // What another thread's tick is at may be passed over at first.
        for _ in 0..PURGES {
            if visit.engine.tick(Schedule::NOW).dropped == 0 {
                break;
            }
        }
    }
}
