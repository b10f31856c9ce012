//! The helper: one thread of the process that gives the memory of all its allocators back, also while nobody calls them.
//!
//! Started by the first thread that leaves the slow path after a mebibyte has become free; waits for as long as
//! there is nothing cold; runs a tick of every allocator's clock when that is due. It never allocates. In a forked
//! child it is not there, and the next slow path starts another.
//!
//! | | nobody watches | the helper watches |
//! | --- | --- | --- |
//! | what becomes free | is counted | is not: a tick will see it |
//! | ends when | enough was counted: `wake` | a tick leaves nothing cold |
//!
//! The helper stops watching before it looks, and goes on if it finds something. What becomes free while it looks is
//! seen, or counted again. (A parked block is freed without a lock, and may wait for the next look.)
//!
//! Invariants, checked by `validate`: an engine is on the list exactly once from its first holder until it has none, or
//! until the last one takes it off; `RETAINED` is null or on the list, and then counted among the engine's holders.

use core::cell::{Cell, UnsafeCell};
use core::ptr::{self, NonNull};
use core::time::Duration;

use super::engine::Engine;
use crate::arena::Schedule;
#[cfg(feature = "profiling")]
use crate::heap;
use crate::sync::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crate::sys::{
    Bell, ForkHooks, Guard, Lock, forget_thread, is_first_thread, is_left_alone, name_thread, now,
    on_fork, pass_on_wake, start_helper, thread_id,
};

/// Bytes that become free before anybody looks after them.
const WORTH_A_LOOK: usize = 1 << 20;

/// An allocator's share of the helper.
pub(super) struct Watch {
    /// The next engine of the list, under its lock.
    next: UnsafeCell<*mut Engine>,
    /// When the next tick is due, in nanoseconds of [`now`], while somebody watches.
    due: AtomicU64,
}

impl Watch {
    pub(super) const fn new() -> Self {
        Self {
            next: UnsafeCell::new(ptr::null_mut()),
            due: AtomicU64::new(0),
        }
    }
}

struct Head(*mut Engine);

// SAFETY: the pointer is followed under the lock alone, or while its engine is retained.
unsafe impl Send for Head {}

/// Whether the first thread has ended. The process lasts until the last one ends, and that must not be the helper.
static ORPHANED: AtomicBool = AtomicBool::new(false);
/// How long it takes the helper at most to see that it is the last.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// Held by whoever sets up the allocator behind a static.
static STARTING: Lock<()> = Lock::new(());
/// Every allocator of the process.
static ENGINES: Lock<Head> = Lock::new(Head(ptr::null_mut()));
static BELL: Bell = Bell::new();
/// Whether there is a helper: [`ABSENT`], [`COMING`] or [`THERE`].
static STATE: AtomicU32 = AtomicU32::new(ABSENT);
const ABSENT: u32 = 0;
const COMING: u32 = 1;
const THERE: u32 = 2;
/// The engine that the helper has retained, for the child of a fork to forget. Changed under the list's lock, together
/// with the engine's count.
static RETAINED: AtomicPtr<Engine> = AtomicPtr::new(ptr::null_mut());

/// The right to set up the allocator behind a static: a lock, but one that no forked child finds held.
pub(crate) fn starting() -> Guard<'static, ()> {
    look_after_forks();
    STARTING.lock()
}

fn look_after_forks() {
    on_fork(ForkHooks {
        prepare,
        parent,
        child,
    });
}

/// Puts an engine on the list.
///
/// # Safety
///
/// The engine stays in place until it is taken off.
pub(super) unsafe fn list(engine: NonNull<Engine>) {
    look_after_forks();
    let mut head = ENGINES.lock();
    // SAFETY: the engine is new, and the list's lock is held.
    unsafe { *engine.as_ref().watch.next.get() = head.0 };
    head.0 = engine.as_ptr();
}

/// Takes an engine that has no holder off the list.
///
/// # Safety
///
/// The engine is on it.
pub(super) unsafe fn unlist(engine: NonNull<Engine>) {
    // SAFETY: the caller's promise.
    unsafe { unlink(&mut ENGINES.lock(), engine) };
}

/// # Safety
///
/// The engine is on the list.
unsafe fn unlink(head: &mut Head, engine: NonNull<Engine>) {
    let mut link = &raw mut head.0;
    // SAFETY: links lead from the head through listed engines, which stay in place; the lock is held.
    unsafe {
        while *link != engine.as_ptr() {
            link = (**link).watch.next.get();
        }
        *link = *engine.as_ref().watch.next.get();
    }
}

/// Sees to it that what has become free is looked after. The caller holds no lock, and is outside the slow path.
///
/// C's `free` starts no thread: glibc calls it while it holds the lock of its stacks, which starting one takes. A helper that
/// is not there yet comes with the next `malloc` that leaves the slow path.
#[inline]
pub(super) fn look_after(engine: &Engine, frees: bool) {
    if engine.arena.wants_watch(WORTH_A_LOOK)
        && !(frees && engine.config.c_api && STATE.load(Ordering::Relaxed) != THERE)
    {
        wake(engine);
    }
}

#[cold]
#[inline(never)]
fn wake(engine: &Engine) {
    if !engine.arena.watch() {
        return;
    }
    let tick = Schedule::tick(engine.config.purge);
    let due = &engine.watch.due;
    let at = now();
    if STATE.load(Ordering::Relaxed) == THERE {
        due.store(nanoseconds(at + tick), Ordering::Relaxed);
        BELL.ring();
        return;
    }
    // Where the system refuses a helper, it is asked again once a tick.
    let mut pending = true;
    if due.load(Ordering::Relaxed) <= nanoseconds(at) {
        due.store(nanoseconds(at + tick), Ordering::Relaxed);
        if start() {
            BELL.ring();
            return;
        }
        // Whoever comes by does its work.
        pending = engine.tick(Schedule::of(engine.config.purge)).pending;
    }
    engine.arena.unwatch(if pending { WORTH_A_LOOK } else { 0 });
}

/// Starts the helper. `false` if the system refuses, or another thread is about to.
fn start() -> bool {
    if STATE
        .compare_exchange(ABSENT, COMING, Ordering::Relaxed, Ordering::Relaxed)
        .is_err()
    {
        return STATE.load(Ordering::Relaxed) == THERE;
    }
    let started = start_helper(helper);
    STATE.store(if started { THERE } else { ABSENT }, Ordering::Relaxed);
    started
}

extern "C" fn helper(_: *mut libc::c_void) -> *mut libc::c_void {
    name_thread(c"orthotope-purge");
    loop {
        let mut next = tick_all();
        if ORPHANED.load(Ordering::Relaxed) {
            if is_left_alone() {
                return ptr::null_mut();
            }
            next = Some(next.map_or(LAST_LOOK, |next| next.min(LAST_LOOK)));
        }
        BELL.wait(next);
    }
}

/// A thread ends that had a cache. If it is the first, the helper stays for as long as there are others.
pub(super) fn thread_ends() {
    if is_first_thread() {
        ORPHANED.store(true, Ordering::Relaxed);
        BELL.ring();
    }
}

/// Runs whatever ticks are due. Returns how long it is to the next one; `None` if nothing is cold.
fn tick_all() -> Option<Duration> {
    let mut next: Option<u64> = None;
    let mut engine = retain_from(ENGINES.lock().0);
    while let Some(this) = engine {
        // SAFETY: the engine is retained.
        let held = unsafe { this.as_ref() };
        if let Some(due) = tick_if_due(held) {
            next = Some(next.map_or(due, |other| other.min(due)));
        }
        let mut list = ENGINES.lock();
        // SAFETY: the engine is listed, since it is retained, and the list's lock is held.
        engine = retain_from(unsafe { *held.watch.next.get() });
        let last = held.forget_holder();
        if last {
            // SAFETY: as above.
            unsafe { unlink(&mut list, this) };
        }
        drop(list);
        if last {
            // SAFETY: nobody holds it, nor finds it.
            unsafe { Engine::unmap(this) };
        }
    }
    next.map(|due| Duration::from_nanos(due.saturating_sub(nanoseconds(now()))))
}

/// The first engine from `engine` on that still has a holder, with one more.
fn retain_from(mut engine: *mut Engine) -> Option<NonNull<Engine>> {
    while let Some(this) = NonNull::new(engine) {
        // SAFETY: callers hold the list's lock, so that no listed engine goes.
        let held = unsafe { this.as_ref() };
        if held.try_retain() {
            RETAINED.store(engine, Ordering::Relaxed);
            return Some(this);
        }
        // SAFETY: as above.
        engine = unsafe { *held.watch.next.get() };
    }
    RETAINED.store(ptr::null_mut(), Ordering::Relaxed);
    None
}

/// Runs the engine's tick if it is due. Returns when the next one is; `None` if nobody need watch.
fn tick_if_due(engine: &Engine) -> Option<u64> {
    if !engine.arena.is_watched() {
        return None;
    }
    let due = engine.watch.due.load(Ordering::Relaxed);
    if due > nanoseconds(now()) {
        return Some(due);
    }
    engine.arena.unwatch(0);
    if !engine.tick(Schedule::of(engine.config.purge)).pending {
        return None;
    }
    engine.arena.watch();
    let due = nanoseconds(now() + Schedule::tick(engine.config.purge));
    engine.watch.due.store(due, Ordering::Relaxed);
    Some(due)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The thread that is between its fork's first handler and its last; 0 if none is. Changed under the right to start.
static FORKER: AtomicU32 = AtomicU32::new(0);
/// Forks that it began meanwhile, in a handler of its own: they find every lock taken, and leave it so.
static NESTED: AtomicU32 = AtomicU32::new(0);
/// This process is the child of such a fork, and in the middle of the fork outside: that ends in a child, too.
static BORN_INSIDE: AtomicBool = AtomicBool::new(false);

/// Takes every lock of every allocator.
extern "C" fn prepare() {
    if FORKER.load(Ordering::Relaxed) == thread_id() {
        NESTED.fetch_add(1, Ordering::Relaxed);
        return;
    }
    pass_on_wake();
    let interrupted = STARTING.is_mine() || ENGINES.is_mine();
    STARTING.hold(interrupted);
    FORKER.store(thread_id(), Ordering::Relaxed);
    // Nobody waits for another lock while holding the list's.
    ENGINES.hold(interrupted);
    let here = Cell::new(interrupted);
    each_engine(|engine| here.set(here.get() || engine.is_mine()));
    #[cfg(feature = "profiling")]
    here.set(here.get() || heap::is_any_mine());
    each_engine(|engine| engine.hold(here.get()));
    #[cfg(feature = "profiling")]
    heap::hold_all();
}

/// Gives them back.
extern "C" fn parent() {
    if ends_nested() {
        return;
    }
    if BORN_INSIDE.load(Ordering::Relaxed) {
        return child();
    }
    #[cfg(feature = "profiling")]
    heap::let_go_all();
    each_engine(Engine::let_go);
    ENGINES.let_go();
    FORKER.store(0, Ordering::Relaxed);
    STARTING.let_go();
}

/// The same in the child, where the helper is gone.
extern "C" fn child() {
    if ends_nested() {
        BORN_INSIDE.store(true, Ordering::Relaxed);
        return;
    }
    BORN_INSIDE.store(false, Ordering::Relaxed);
    FORKER.store(0, Ordering::Relaxed);
    let forked = forget_thread();
    each_engine(|engine| engine.registry.bereave(forked.number()));
    #[cfg(feature = "profiling")]
    heap::let_go_all_in_child(forked);
    each_engine(|engine| engine.let_go_in_child(forked));
    STATE.store(ABSENT, Ordering::Relaxed);
    ORPHANED.store(false, Ordering::Relaxed);
    BELL.silence();
    // Whatever it watched, the next slow path asks for.
    each_engine(|engine| {
        engine.watch.due.store(0, Ordering::Relaxed);
        if engine.arena.is_watched() {
            engine.arena.unwatch(WORTH_A_LOOK);
        }
    });
    if let Some(engine) = NonNull::new(RETAINED.swap(ptr::null_mut(), Ordering::Relaxed)) {
        // SAFETY: the helper had retained it, so it is there; no other thread is.
        let engine = unsafe { engine.as_ref() };
        engine.forget_holder();
        // It may have been about to look.
        engine.arena.unwatch(WORTH_A_LOOK);
    }
    ENGINES.let_go_in_child(forked);
    STARTING.let_go_in_child(forked);
}

/// Whether the fork that ends began inside another.
fn ends_nested() -> bool {
    let nested = NESTED.load(Ordering::Relaxed);
    if nested != 0 {
        NESTED.store(nested - 1, Ordering::Relaxed);
    }
    nested != 0
}

/// Calls `visit` with every engine. The list's lock is held for a fork.
fn each_engine(visit: impl Fn(&Engine)) {
    // SAFETY: the lock is held by this thread, in the parent or the child.
    let mut engine = unsafe { ENGINES.held() }.0;
    while let Some(this) = NonNull::new(engine) {
        // SAFETY: listed engines stay in place while the lock is held.
        let held = unsafe { this.as_ref() };
        visit(held);
        // SAFETY: as above.
        engine = unsafe { *held.watch.next.get() };
    }
}

/// Panics unless the engine, which has a holder, is listed once, and the helper has retained none but a listed one.
#[cfg(any(test, fuzzing))]
pub(super) fn validate(engine: &Engine) {
    let head = ENGINES.lock();
    let (mut listed, mut retained) = (0, RETAINED.load(Ordering::Relaxed).is_null());
    let mut next = head.0;
    while let Some(this) = NonNull::new(next) {
        listed += usize::from(ptr::eq(this.as_ptr(), engine));
        retained |= this.as_ptr() == RETAINED.load(Ordering::Relaxed);
        // SAFETY: listed engines stay in place while the lock is held.
        next = unsafe { *this.as_ref().watch.next.get() };
    }
    assert_eq!(listed, 1, "an engine is listed once");
    assert!(retained, "what the helper has retained is listed");
}
