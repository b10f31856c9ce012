//! The background thread: one of the process, which gives the memory of all its allocators back, also while nobody calls
//! them.
//!
//! Started by the first thread that leaves the slow path after a mebibyte has become free; waits for as long as
//! there is nothing cold; runs a tick of every allocator's clock when that is due. It never allocates. In a forked
//! child it is not there, and the next slow path starts another.
//!
//! | | nobody watches | the background thread watches |
//! | --- | --- | --- |
//! | what becomes free | is counted | is not: a tick will see it |
//! | ends when | enough was counted: `wake` | a tick leaves nothing cold |
//!
//! It stops watching before it looks, and goes on if it finds something. What becomes free while it looks is
//! seen, or counted again. (A parked block is freed without a lock, and may wait for the next look.)

use core::ptr;
use core::time::Duration;

use super::engine::Engine;
use super::engines;
use crate::arena::Schedule;
use crate::sync::{AtomicBool, AtomicU32, Ordering};
use crate::sys::{Bell, is_first_thread, is_left_alone, name_thread, now, start_thread};

/// Bytes that become free before anybody looks after them.
const WORTH_A_LOOK: usize = 1 << 20;

/// Whether the first thread has ended. The process lasts until the last one ends, and that must not be the background
/// thread.
static ORPHANED: AtomicBool = AtomicBool::new(false);
/// How long it takes the background thread at most to see that it is the last.
const LAST_LOOK: Duration = Duration::from_millis(100);

static BELL: Bell = Bell::new();
/// Whether there is a background thread: [`ABSENT`], [`COMING`] or [`THERE`].
static STATE: AtomicU32 = AtomicU32::new(ABSENT);
const ABSENT: u32 = 0;
const COMING: u32 = 1;
const THERE: u32 = 2;

/// Sees to it that what has become free is looked after. The caller holds no lock, and is outside the slow path.
///
/// C's `free` starts no thread: glibc calls it while it holds the lock of its stacks, which starting one takes. A background
/// thread that is not there yet comes with the next `malloc` that leaves the slow path.
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
    let due = &engine.due;
    let at = now();
    if STATE.load(Ordering::Relaxed) == THERE {
        due.store(nanoseconds(at + tick), Ordering::Relaxed);
        BELL.ring();
        return;
    }
    // Where the system refuses a thread, it is asked again once a tick.
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

/// Starts the background thread. `false` if the system refuses, or another thread is about to.
fn start() -> bool {
    if STATE
        .compare_exchange(ABSENT, COMING, Ordering::Relaxed, Ordering::Relaxed)
        .is_err()
    {
        return STATE.load(Ordering::Relaxed) == THERE;
    }
    let started = start_thread(main);
    let state = if started { THERE } else { ABSENT };
    // In the child of a handler's fork that came meanwhile, it is absent, and stays so.
    STATE
        .compare_exchange(COMING, state, Ordering::Relaxed, Ordering::Relaxed)
        .is_ok()
        && started
}

extern "C" fn main(_: *mut libc::c_void) -> *mut libc::c_void {
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

/// A thread ends that had a cache. If it is the first, the background thread stays for as long as there are others.
pub(super) fn thread_ends() {
    if is_first_thread() {
        ORPHANED.store(true, Ordering::Relaxed);
        BELL.ring();
    }
}

/// Runs whatever ticks are due. Returns how long it is to the next one; `None` if nothing is cold.
fn tick_all() -> Option<Duration> {
    let mut next: Option<u64> = None;
    engines::each_retained(|engine| {
        if let Some(due) = tick_if_due(engine) {
            next = Some(next.map_or(due, |other| other.min(due)));
        }
    });
    next.map(|due| Duration::from_nanos(due.saturating_sub(nanoseconds(now()))))
}

/// Runs the engine's tick if it is due. Returns when the next one is; `None` if nobody need watch.
fn tick_if_due(engine: &Engine) -> Option<u64> {
    if !engine.arena.is_watched() {
        return None;
    }
    let due = engine.due.load(Ordering::Relaxed);
    if due > nanoseconds(now()) {
        return Some(due);
    }
    engine.arena.unwatch(0);
    if !engine.tick(Schedule::of(engine.config.purge)).pending {
        return None;
    }
    engine.arena.watch();
    let due = nanoseconds(now() + Schedule::tick(engine.config.purge));
    engine.due.store(due, Ordering::Relaxed);
    Some(due)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Forgets the thread in a forked child, where it is not. What it was about to look at, the next slow path asks for.
pub(super) fn forget_in_child() {
    STATE.store(ABSENT, Ordering::Relaxed);
    ORPHANED.store(false, Ordering::Relaxed);
    BELL.silence();
    if let Some(engine) = engines::forget_retained() {
        engine.arena.unwatch(WORTH_A_LOOK);
    }
}

/// The same for what it watched of an engine.
pub(super) fn forget_watch(engine: &Engine) {
    engine.due.store(0, Ordering::Relaxed);
    if engine.arena.is_watched() {
        engine.arena.unwatch(WORTH_A_LOOK);
    }
}
