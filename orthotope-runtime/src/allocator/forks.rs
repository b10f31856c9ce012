//! What a fork does to the allocators of the process: all their locks are taken before it, and given back after it.
//!
//! In the order of their nesting: the right to start, the list of engines, each engine's locks, the heap profiles'. See the
//! chapter [`design`](crate::design) for the child.

use core::cell::Cell;

use super::engine::Engine;
use super::{background, engines};
#[cfg(feature = "profiling")]
use crate::heap;
use crate::sync::{AtomicBool, AtomicU32, Ordering};
use crate::sys::{ForkHooks, Guard, Lock, forget_thread, on_fork, pass_on_wake, thread_id};

/// Held by whoever sets up the allocator behind a static.
static STARTING: Lock<()> = Lock::new(());

/// The right to set up the allocator behind a static: a lock, but one that no forked child finds held.
pub(crate) fn starting() -> Guard<'static, ()> {
    look_after();
    STARTING.lock()
}

/// Has every fork from now on leave the child with free locks.
pub(super) fn look_after() {
    on_fork(ForkHooks {
        prepare,
        parent,
        child,
    });
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
    let interrupted = STARTING.is_mine() || engines::is_mine();
    STARTING.hold(interrupted);
    FORKER.store(thread_id(), Ordering::Relaxed);
    // Nobody waits for another lock while holding the list's.
    engines::hold(interrupted);
    let here = Cell::new(interrupted);
    engines::each(|engine| here.set(here.get() || engine.is_mine()));
    #[cfg(feature = "profiling")]
    here.set(here.get() || heap::is_any_mine());
    engines::each(|engine| engine.hold(here.get()));
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
    engines::each(Engine::let_go);
    engines::let_go();
    FORKER.store(0, Ordering::Relaxed);
    STARTING.let_go();
}

/// The same in the child, where no other thread is.
extern "C" fn child() {
    if ends_nested() {
        BORN_INSIDE.store(true, Ordering::Relaxed);
        return;
    }
    BORN_INSIDE.store(false, Ordering::Relaxed);
    FORKER.store(0, Ordering::Relaxed);
    let forked = forget_thread();
    engines::each(|engine| engine.registry.bereave(forked.number()));
    #[cfg(feature = "profiling")]
    heap::let_go_all_in_child(forked);
    engines::each(|engine| engine.let_go_in_child(forked));
    background::forget_in_child();
    engines::let_go_in_child(forked);
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
