//! The rest of `GlobalAlloc`, out of line.
//!
//! The generic functions are thin: they add their type's statics and hand over to code that is compiled
//! once. Nothing here panics or unwinds: it may run inside `GlobalAlloc`.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use std::alloc::System;

use super::fast::{alloc_class, dealloc_class};
use super::hardened::{check_live, dealloc_hardened, resize_hardened};
use super::runtime::Runtime;
use super::{Generated, Route, route};
use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::{GRANULE, Lane, Schedule};
use crate::class::ScaledClass;
use crate::config::Config;
use crate::error::FreeError;
use crate::fallback::{self, Lender};
use crate::large::{Contents, LargeBlock};
use crate::sys::{die, on_thread_exit};
use crate::thread_cache::{Locals, Phase};

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
fn large_size<G: Generated>(layout: Layout) -> usize {
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

/// # Safety
///
/// As `dealloc_class`.
#[cold]
#[inline(never)]
pub(super) unsafe fn dealloc_slow<G: Generated>(block: *mut u8, class: usize, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { dealloc_small(Statics::of::<G>(), block, class, size) }
}

/// # Safety
///
/// As `dealloc_class`.
unsafe fn dealloc_small(statics: Statics, block: *mut u8, class: usize, size: usize) {
    let Some(block) = NonNull::new(block) else {
        return;
    };
    match enter(statics) {
        Entry::Ready(visit) if !statics.config.header && !statics.config.c_api => {
            // The fast path does not ask where a block is from; here it costs next to nothing.
            let address = block.as_ptr().addr();
            if visit.engine.lies_in_slab(address, class)
                || is_otherwise(visit.engine, block, class, size)
            {
                // SAFETY: the block is one of this class, and given up by the caller.
                unsafe { visit.free_local(class, block) };
            }
        }
        Entry::Ready(visit) => {
            if fallback::give(block.as_ptr().addr()) {
                return;
            }
            // Without a header the alignment may have chosen a class that is none of the size's.
            let stated = statics.config.header.then_some(size);
            // SAFETY: the caller's promise.
            if let Err(error) = unsafe { visit.free_checked(block, stated) } {
                refuse(block, size, &error);
            }
        }
        Entry::Busy | Entry::Failed => {
            let stated = statics.config.header.then_some(size);
            // SAFETY: the caller's promise.
            if let Err(error) = unsafe { defer(statics, block, stated) } {
                refuse(block, size, &error);
            }
        }
    }
}

/// Whether a block without a header, not of the first region, is one of `class` all the same. If it was lent, it goes back;
/// if it is none, the process ends.
#[cold]
#[inline(never)]
fn is_otherwise(engine: &Engine, block: NonNull<u8>, class: usize, size: usize) -> bool {
    let address = block.as_ptr().addr();
    match engine.confirm(address, class, size) {
        Ok(()) => true,
        Err(FreeError::ForeignPointer) if fallback::give(address) => false,
        Err(error) => refuse(block, size, &error),
    }
}

/// `dealloc` of a layout whose class is not one load away. Cold, as `alloc_other_slow` is.
///
/// # Safety
///
/// As `GlobalAlloc::dealloc`.
#[cold]
#[inline(never)]
pub(super) unsafe fn dealloc_other_slow<G: Generated>(block: *mut u8, layout: Layout) {
    match route::<G>(layout.size(), layout.align()) {
        // SAFETY: the caller's promise; the route is the one that `alloc` took.
        Route::Class(class) => unsafe {
            dealloc_class::<G>(block, ScaledClass::new(class), layout.size())
        },
        // SAFETY: as above.
        Route::Large if G::CONFIG.hardened => unsafe {
            dealloc_hardened::<G>(block, layout.size())
        },
        // SAFETY: as above.
        Route::Large => unsafe {
            dealloc_large(Statics::of::<G>(), block, large_size::<G>(layout))
        },
        // SAFETY: as above.
        Route::System => unsafe { System.dealloc(block, layout) },
    }
}

/// # Safety
///
/// As `GlobalAlloc::dealloc`, of a large layout.
unsafe fn dealloc_large(statics: Statics, block: *mut u8, size: usize) {
    let Some(block) = NonNull::new(block) else {
        return;
    };
    if let Some((engine, lane)) = statics.lane()
        && engine.park_large(lane, block.as_ptr().addr(), Some(size))
    {
        return;
    }
    // SAFETY: the caller's promise.
    if let Err(error) = unsafe { free(statics, block, Some(size)) } {
        refuse(block, size, &error);
    }
}

/// An invalid free through `GlobalAlloc`, which has no way to say so: one line on stderr, and the end.
#[cold]
pub(super) fn refuse(block: NonNull<u8>, size: usize, error: &FreeError) -> ! {
    die(format_args!(
        "invalid free of {block:p} as {size} bytes: {error}"
    ))
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
    if G::CONFIG.hardened
        && old == new
        && matches!(old, Route::Class(_))
        && resize_hardened::<G>(block, layout.size(), new_size)
    {
        return block;
    }
    if (old == new || may_grow::<G>(old, layout, new_size))
        && let Some(block) = resize(Statics::of::<G>(), block, large_size::<G>(layout), new_size)
    {
        return block.as_ptr();
    }
    if G::CONFIG.hardened && old != Route::System {
        check_live::<G>(block, layout.size());
    }
    // SAFETY: the alignment is a layout's already, and the caller vouches for the size.
    let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
    // SAFETY: the caller's promise.
    let moved = unsafe { super::alloc::<G>(new_layout) };
    if !moved.is_null() {
        // SAFETY: both blocks are live, different, and at least this long.
        unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(new_size)) };
        // SAFETY: the caller gives the old block up.
        unsafe { super::dealloc::<G>(block, layout) };
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

/// # Safety
///
/// If the block is live, nobody uses it any more.
pub(super) unsafe fn free(
    statics: Statics,
    block: NonNull<u8>,
    size: Option<usize>,
) -> Result<(), FreeError> {
    if fallback::give(block.as_ptr().addr()) {
        return Ok(());
    }
    match enter(statics) {
        // SAFETY: the caller's promise.
        Entry::Ready(visit) => unsafe { visit.free_checked(block, size) },
        // SAFETY: the caller's promise.
        Entry::Busy => unsafe { defer(statics, block, size) },
        Entry::Failed => Err(FreeError::GlobalInitFailed),
    }
}

/// Frees a block for a thread that is inside the slow path already: as soon as it comes out.
///
/// # Safety
///
/// If the block is live, nobody uses it any more.
unsafe fn defer(
    statics: Statics,
    block: NonNull<u8>,
    size: Option<usize>,
) -> Result<(), FreeError> {
    let address = block.as_ptr().addr();
    if fallback::give(address) {
        return Ok(());
    }
    let Some(engine) = statics.runtime.started() else {
        return Err(FreeError::GlobalInitFailed);
    };
    engine.find_unlocked(address, size)?;
    // SAFETY: a live block of the arena, given up by the caller; classes are a word long and aligned.
    unsafe { engine.deferred.push(block) };
    Ok(())
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

/// Ticks after which a purge lets well alone, whatever others free meanwhile.
const PURGES: usize = 4;
