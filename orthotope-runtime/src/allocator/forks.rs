//! What a fork does to the allocators of the process: all their locks are taken before it, and given back after it.
//!
//! In the order of their nesting: the right to start, the list of engines, each engine's locks, the heap profiles'. Whoever
//! has the right to start waits for the list's lock at most; whoever has the list's waits for none. How long a fork waits
//! for them is `sys::turn`'s; see the chapter [`design`](crate::design) for the child.

use core::ops::ControlFlow;

use super::{background, engines};
#[cfg(feature = "profiling")]
use crate::heap;
use crate::sync::{AtomicBool, AtomicU32, Ordering};
use crate::sys::{
    ForkHooks, Guard, Lock, LockWord, Locks, Turn, forget_thread, on_fork, pass_on_wake,
    undisturbed,
};

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

/// Every lock of every allocator.
struct All;

impl Locks for All {
    fn outer(&self) -> [&LockWord; 2] {
        [STARTING.word(), engines::word()]
    }

    fn each(&self, visit: &mut dyn FnMut(&LockWord) -> ControlFlow<u32>) -> ControlFlow<u32> {
        // SAFETY: whoever calls this holds the list's lock, or its holder waits for the turn that the caller has.
        unsafe { engines::each(|engine| engine.each_word(visit)) }?;
        #[cfg(feature = "profiling")]
        heap::each_word(visit)?;
        ControlFlow::Continue(())
    }
}

static TURN: Turn = Turn::new();
/// Forks that the thread whose turn it is began meanwhile, in a handler of its own: they give nothing back.
static NESTED: AtomicU32 = AtomicU32::new(0);
/// This process is the child of such a fork, and in the middle of the fork outside: that ends in a child, too.
static BORN_INSIDE: AtomicBool = AtomicBool::new(false);

/// Takes every lock of every allocator.
extern "C" fn prepare() {
    pass_on_wake();
    if TURN.is_mine() {
        NESTED.fetch_add(1, Ordering::Relaxed);
        TURN.begin_nested(&All);
    } else {
        TURN.begin(&All);
    }
}

/// Gives them back.
extern "C" fn parent() {
    // A handler's fork between the look and the end would have its child end as a parent.
    undisturbed(|| {
        if ends_nested() {
            return;
        }
        if BORN_INSIDE.load(Ordering::Relaxed) {
            return end_in_child();
        }
        TURN.end(&All);
    });
}

/// The same in the child, where no other thread is.
extern "C" fn child() {
    undisturbed(|| {
        if ends_nested() {
            BORN_INSIDE.store(true, Ordering::Relaxed);
            return TURN.seize(&All);
        }
        end_in_child();
    });
}

fn end_in_child() {
    BORN_INSIDE.store(false, Ordering::Relaxed);
    TURN.end_in_child(|| {
        let forked = forget_thread();
        // SAFETY: no other thread is there to change the list, and this one is forking.
        let _ = unsafe {
            engines::each(|engine| {
                engine.registry.bereave(forked.number());
                background::forget_watch(engine);
                ControlFlow::<()>::Continue(())
            })
        };
        background::forget_in_child();
        All.all(|word| word.let_go_in_child(forked));
    });
}

/// Whether the fork that ends began inside another.
fn ends_nested() -> bool {
    let nested = NESTED.load(Ordering::Relaxed);
    if nested != 0 {
        NESTED.store(nested - 1, Ordering::Relaxed);
    }
    nested != 0
}
