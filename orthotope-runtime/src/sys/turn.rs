//! Whose turn it is to fork, and how long a fork waits for a lock.
//!
//! One thread at a time forks: it has the turn from its first handler to its last, and meanwhile every lock. It takes the
//! locks in the order in which they nest. A signal handler may fork in the middle of anything, so there are three kinds:
//!
//! | a fork that | waits for a lock |
//! | --- | --- |
//! | interrupted nothing | until it is free; but if a thread that waits for the turn holds any lock, all is let go, and that thread has the turn first |
//! | interrupted its thread while that held a lock | for a while, since its holder may be waiting for that one; no longer if the holder waits for the turn |
//! | interrupted its thread's own fork | the same. It has that one's turn, adds the locks that are lacking, and gives none back |
//!
//! So no wait is for ever. Who has the turn after an interruption waits a bounded time. Who has it otherwise holds only
//! locks that come before the one that it waits for. Its holder runs, or waits for a later lock, whose holder runs, and so
//! on; or one of them was interrupted to fork, and waits for the turn. Then that one has it next, for a bounded time, and
//! frees its lock after that.
//!
//! What an interrupted fork leaves to its holder is taken from it in the child. An uninterrupted one leaves nothing.
//!
//! Invariants: `word` is a thread's number only while that thread forks, or steps back; a waiter is on the list only while
//! its thread waits, and only the thread that has the turn takes one off, its own. Modelled in `models::of_forks`.

use core::cell::Cell;
use core::ops::ControlFlow;
use core::ptr;

use super::futex::{sleep_while, wake_one};
use super::lock::thread_id;
use super::lock_word::{LockWord, SLICE};
use super::signals::undisturbed;
use crate::sync::{AtomicPtr, AtomicU32, Ordering, constant};

/// Slices for which a fork that interrupted its thread waits for a lock: longer together than a critical section takes
/// where the processors are busy.
const PATIENCE: u32 = if cfg!(loom) { 2 } else { 500 };

/// The list's lock is not left to a holder that runs: it would change what we walk along.
const ENDLESS: u32 = u32::MAX;

/// Set beside the number of a thread to which the turn was given, and which has not taken it yet.
const GIVEN: u32 = 1 << 31;

/// The locks that a fork takes.
pub(crate) trait Locks {
    /// The first, and the one of the list that leads to the rest. Whoever holds the list's waits for no other.
    fn outer(&self) -> [&LockWord; 2];

    /// Calls `visit` with each of the rest, in order. The list's lock is held by the caller, or by a thread that waits for
    /// the turn.
    fn each(&self, visit: &mut dyn FnMut(&LockWord) -> ControlFlow<u32>) -> ControlFlow<u32>;

    /// Calls `visit` with every lock, the outer ones last.
    fn all(&self, mut visit: impl FnMut(&LockWord))
    where
        Self: Sized,
    {
        let _ = self.each(&mut |word| {
            visit(word);
            ControlFlow::Continue(())
        });
        self.outer().into_iter().rev().for_each(visit);
    }
}

/// The turn to fork.
pub(crate) struct Turn {
    /// 0, the number of the thread that has it, or that of one that is to have it, and [`GIVEN`].
    word: AtomicU32,
    /// Who waits, latest first.
    waiting: AtomicPtr<Waiter>,
}

/// A fork that waits for its turn, on its stack.
struct Waiter {
    thread: AtomicU32,
    next: AtomicPtr<Waiter>,
    /// Only its own thread looks.
    listed: Cell<bool>,
}

impl Turn {
    constant! {
        pub(crate) fn new() -> Self {
            Self {
                word: AtomicU32::new(0),
                waiting: AtomicPtr::new(ptr::null_mut()),
            }
        }
    }

    /// Whether the calling thread has the turn: a handler of it forks.
    pub(crate) fn is_mine(&self) -> bool {
        self.word.load(Ordering::Relaxed) == thread_id()
    }

    /// Waits for the turn and every lock.
    pub(crate) fn begin(&self, locks: &impl Locks) {
        loop {
            self.take();
            let ControlFlow::Break(thread) = self.take_locks(locks, false) else {
                return;
            };
            undisturbed(|| {
                // In the child of a handler's fork that came meanwhile, it waits no more.
                let next = match self.each_waiting(|other| other == thread) {
                    ControlFlow::Break(waiting) => waiting | GIVEN,
                    ControlFlow::Continue(()) => 0,
                };
                let [first, list] = locks.outer();
                if list.is_mine() {
                    locks.all(LockWord::let_go);
                } else {
                    first.let_go();
                }
                self.pass(next);
            });
        }
    }

    /// Takes what locks are lacking, for a fork inside another of the same thread.
    pub(crate) fn begin_nested(&self, locks: &impl Locks) {
        // It breaks nothing off.
        let _ = self.take_locks(locks, true);
    }

    /// Gives everything back. No handler of the thread's own forks meanwhile.
    pub(crate) fn end(&self, locks: &impl Locks) {
        locks.all(LockWord::let_go);
        self.pass(0);
    }

    /// Does what is to be done in the child, which has no other thread, and gives the turn back. No handler of the thread's
    /// own forks meanwhile.
    pub(crate) fn end_in_child(&self, work: impl FnOnce()) {
        work();
        self.forget_others();
        self.word.store(0, Ordering::Relaxed);
    }

    /// Takes every lock from threads that are not in the child, where another fork of the calling thread goes on. No handler
    /// of the thread's own forks meanwhile.
    pub(crate) fn seize(&self, locks: &impl Locks) {
        locks.all(LockWord::seize);
        self.forget_others();
    }

    /// Waiters of this thread are on no list: [`take`](Self::take) saw to that.
    fn forget_others(&self) {
        self.waiting.store(ptr::null_mut(), Ordering::Relaxed);
    }

    fn take(&self) {
        let waiter = Waiter {
            thread: AtomicU32::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            listed: Cell::new(false),
        };
        while let Err(seen) = undisturbed(|| self.try_take(&waiter)) {
            sleep_while(&self.word, seen, Some(SLICE));
        }
    }

    /// Takes the turn, or lists the waiter. Of any two forks of one thread, the one that interrupted the other is the first
    /// to have the turn; and in its child the other goes on under another number.
    fn try_take(&self, waiter: &Waiter) -> Result<(), u32> {
        let me = thread_id();
        loop {
            let seen = self.word.load(Ordering::Relaxed);
            if seen != 0 && seen != me | GIVEN {
                waiter.thread.store(me, Ordering::Relaxed);
                self.list(waiter);
                return Err(seen);
            }
            // Acquire pairs with the Release in `pass`: we see the list as the last one left it.
            if self
                .word
                .compare_exchange(seen, me, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                self.unlist(me);
                return Ok(());
            }
        }
    }

    fn list(&self, waiter: &Waiter) {
        if waiter.listed.replace(true) {
            return;
        }
        let mut first = self.waiting.load(Ordering::Relaxed);
        loop {
            waiter.next.store(first, Ordering::Relaxed);
            // Release pairs with the Acquire of whoever walks the list, who sees the waiter whole, and its locks held.
            match self.waiting.compare_exchange(
                first,
                ptr::from_ref(waiter).cast_mut(),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(other) => first = other,
            }
        }
    }

    /// Takes the waiters of the calling thread off the list: also of forks that its handler interrupted, which put theirs
    /// there again.
    fn unlist(&self, me: u32) {
        let mut link = &self.waiting;
        loop {
            // Acquire pairs with the Release in `list`.
            let this = link.load(Ordering::Acquire);
            // SAFETY: null, or a waiter that is listed, and stays while its thread waits: until the turn is that one's.
            let Some(waiter) = (unsafe { this.as_ref() }) else {
                return;
            };
            if waiter.thread.load(Ordering::Relaxed) != me {
                link = &waiter.next;
                continue;
            }
            let next = waiter.next.load(Ordering::Relaxed);
            // It fails only at the head, where another waiter has come.
            if link
                .compare_exchange(this, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            {
                waiter.listed.set(false);
            }
        }
    }

    /// Takes every lock. Breaks off with the number of a thread that has to fork first.
    fn take_locks(&self, locks: &impl Locks, nested: bool) -> ControlFlow<u32> {
        let [first, list] = locks.outer();
        let interrupted = nested || first.is_mine() || list.is_mine();
        self.hold(locks, first, interrupted, nested, PATIENCE)?;
        self.hold(locks, list, interrupted, nested, ENDLESS)?;
        let interrupted = interrupted || any_inner(locks, LockWord::is_mine);
        locks.each(&mut |word| self.hold(locks, word, interrupted, nested, PATIENCE))
    }

    fn hold(
        &self,
        locks: &impl Locks,
        word: &LockWord,
        interrupted: bool,
        nested: bool,
        patience: u32,
    ) -> ControlFlow<u32> {
        if !interrupted {
            return word.hold(nested, |_| {
                self.each_waiting(|thread| is_held(locks, thread))
            });
        }
        let mut slices = 0;
        let _ = word.hold(nested, |holder| {
            let patient = slices < patience;
            slices = slices.saturating_add(1);
            match self.each_waiting(|thread| thread == holder) {
                ControlFlow::Continue(()) if patient => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        });
        ControlFlow::Continue(())
    }

    /// Breaks off with the first thread among those that wait of which `wanted` is true.
    fn each_waiting(&self, wanted: impl Fn(u32) -> bool) -> ControlFlow<u32> {
        // Acquire pairs with the Release in `list`.
        let mut next = self.waiting.load(Ordering::Acquire);
        // SAFETY: as in `unlist`; the calling thread has the turn.
        while let Some(waiter) = unsafe { next.as_ref() } {
            let thread = waiter.thread.load(Ordering::Relaxed);
            if wanted(thread) {
                return ControlFlow::Break(thread);
            }
            next = waiter.next.load(Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    }

    /// Leaves the turn to `next`.
    fn pass(&self, next: u32) {
        // Release pairs with the Acquire in `try_take`.
        self.word.store(next, Ordering::Release);
        wake_one(&self.word);
    }
}

/// Whether the thread holds any lock that is to be seen.
fn is_held(locks: &impl Locks, thread: u32) -> bool {
    let [first, list] = locks.outer();
    first.is_of(thread)
        || list.is_of(thread)
        || list.is_mine() && any_inner(locks, |word| word.is_of(thread))
}

fn any_inner(locks: &impl Locks, wanted: impl Fn(&LockWord) -> bool) -> bool {
    let mut visit = |word: &LockWord| {
        if wanted(word) {
            ControlFlow::Break(0)
        } else {
            ControlFlow::Continue(())
        }
    };
    locks.each(&mut visit).is_break()
}
