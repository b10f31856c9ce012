//! The word of a lock, and what a fork does with it.
//!
//! On Linux it is a futex (Drepper, "Futexes Are Tricky", 2011):
//!
//! | word | means | who leaves it |
//! | --- | --- | --- |
//! | 0 | free | whoever takes it |
//! | thread id | held, nobody sleeps | the holder, to 0 |
//! | thread id, top bit | held, somebody may sleep | the holder, to 0, and wakes one |
//! | the same, second bit | held while the process forks | the forking thread, in parent and child |
//!
//! `lock` has the rest of a lock's life, `turn` says how long a fork waits.

use core::ops::ControlFlow;
use core::time::Duration;

use super::futex::{sleep_while, wake_one};
use super::lock::{ThreadId, free_and_wake, thread_id};
use crate::sync::{AtomicU32, Ordering, constant};

pub(super) const SLEEPERS: u32 = 1 << 31;
/// Set in the word of a lock that is held for a fork.
pub(super) const FORKING: u32 = 1 << 30;

/// How long a fork sleeps before it looks again.
pub(super) const SLICE: Duration = Duration::from_millis(1);

/// The word of one lock.
pub(crate) struct LockWord(pub(super) AtomicU32);

impl LockWord {
    constant! {
        pub(super) fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    /// Whether the calling thread holds the lock: only of use to one that was interrupted in the middle of anything.
    pub(crate) fn is_mine(&self) -> bool {
        self.is_of(thread_id())
    }

    /// Whether the thread of this number holds the lock; of number 0, whether nobody does.
    pub(crate) fn is_of(&self, thread: u32) -> bool {
        self.0.load(Ordering::Relaxed) & !(SLEEPERS | FORKING) == thread
    }

    /// Takes the lock for a fork, unless the forking thread holds it. Whenever another does, `wait` is told which, and may
    /// break off: then the lock is as it was.
    ///
    /// A handler of the thread's own that forks meanwhile is `nested`, and may take the lock in its place.
    pub(super) fn hold<B>(
        &self,
        nested: bool,
        mut wait: impl FnMut(u32) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        // Whoever sleeps may take a wake that another waits for, and has to see to that one's.
        let mut sleepers = if nested { SLEEPERS } else { 0 };
        while !self.is_mine() {
            let seen = self.0.load(Ordering::Relaxed);
            if seen == 0 {
                let held = thread_id() | FORKING | sleepers;
                // Acquire pairs with the Release of whoever frees the lock.
                let _ = self
                    .0
                    .compare_exchange(0, held, Ordering::Acquire, Ordering::Relaxed);
                continue;
            }
            if let ControlFlow::Break(why) = wait(seen & !(SLEEPERS | FORKING)) {
                if sleepers != 0 {
                    wake_one(&self.0);
                }
                return ControlFlow::Break(why);
            }
            let marked = seen | SLEEPERS;
            if seen == marked
                || self
                    .0
                    .compare_exchange(seen, marked, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            {
                sleepers = SLEEPERS;
                sleep_while(&self.0, marked, Some(SLICE));
            }
        }
        ControlFlow::Continue(())
    }

    /// Gives back what [`hold`](Self::hold) took, if it did. No handler of the thread's own forks meanwhile.
    pub(super) fn let_go(&self) {
        let seen = self.0.load(Ordering::Relaxed);
        if seen & !SLEEPERS == thread_id() | FORKING {
            // Release pairs with the Acquire of the next holder.
            if seen & SLEEPERS != 0
                || self
                    .0
                    .compare_exchange(seen, 0, Ordering::Release, Ordering::Relaxed)
                    .is_err()
            {
                free_and_wake(&self.0);
            }
        }
    }

    /// The same in the child, where nobody is asleep, and of whoever else held the lock nothing is left. `forked` is what
    /// the forking thread was called: what it was interrupted in goes on.
    pub(crate) fn let_go_in_child(&self, forked: ThreadId) {
        let word = self.0.load(Ordering::Relaxed);
        let interrupted = word & FORKING == 0 && word & !SLEEPERS == forked.number();
        let holder = if interrupted {
            thread_id() | word & SLEEPERS
        } else {
            0
        };
        self.0.store(holder, Ordering::Relaxed);
    }

    /// Takes the lock in a child whose thread is still called what it was in the parent, whoever else held it.
    pub(super) fn seize(&self) {
        if !self.is_mine() {
            self.0.store(thread_id() | FORKING, Ordering::Relaxed);
        }
    }
}
