//! A lock that never allocates and whose word says who holds it.
//!
//! The word, on Linux a futex (Drepper, "Futexes Are Tricky", 2011):
//!
//! | word | means | who leaves it |
//! | --- | --- | --- |
//! | 0 | free | whoever takes it |
//! | thread id | held, nobody sleeps | the holder, to 0 |
//! | thread id, top bit | held, somebody may sleep | the holder, to 0, and wakes one |
//! | the same, second bit | held while the process forks | the forking thread, in parent and child |
//!
//! A thread notes whose wake-up it may have in hand: from before it sleeps until it has the lock, and from before it frees a
//! lock until it has woken one. A signal handler that forks there waits for other locks, whose holders may sleep for this
//! one: so it passes the wake-up on first ([`pass_on_wake`]). One too many is harmless.
//!
//! Modelled in `models::of_locks`, over a stand-in for the futex that loses a wake-up where the word allows it.

use core::cell::{Cell, UnsafeCell};
use core::hint;
use core::ops::{Deref, DerefMut};
use core::time::Duration;

use super::futex::{new_thread_id, sleep_while, wake_one};
#[cfg(not(loom))]
use super::words::with_words;
use crate::sync::{AtomicU32, Ordering, constant};

pub(super) const SLEEPERS: u32 = 1 << 31;
/// Set in the word of a lock that is held for a fork.
pub(super) const FORKING: u32 = 1 << 30;
/// Looks at a held word before sleeping: a critical section is shorter than a trip through the kernel. A model
/// would look through each of them.
const SPINS: u32 = if cfg!(loom) { 0 } else { 100 };

/// Milliseconds for which a fork out of a signal handler waits for a lock while it keeps another from everybody: longer
/// than a critical section takes where the processors are busy.
const PATIENCE: u32 = if cfg!(loom) { 2 } else { 500 };

/// Mutual exclusion over a `T`, without poisoning: nothing panics while a lock is held.
pub(crate) struct Lock<T> {
    word: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands out the value to one thread at a time, which may therefore be any thread.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    constant! {
        pub(crate) fn new(value: T) -> Self {
            Self {
                word: AtomicU32::new(0),
                value: UnsafeCell::new(value),
            }
        }
    }

    /// Waits until the value is free.
    #[inline]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        let me = thread_id();
        // Acquire pairs with the Release in `drop`: we see what the last holder wrote.
        if self
            .word
            .compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            self.lock_slow(me);
        }
        Guard { lock: self }
    }

    /// Whether the calling thread holds the lock: only of use to one that was interrupted in the middle of anything.
    pub(crate) fn is_mine(&self) -> bool {
        self.word.load(Ordering::Relaxed) & !(SLEEPERS | FORKING) == thread_id()
    }

    /// Takes the lock for a fork, unless the forking thread holds it: a signal handler may fork in the middle of
    /// anything. Where it did, and holds a lock already, whoever holds this one may be waiting for that: it is left then
    /// to its holder after a while, and in the child taken from it.
    pub(crate) fn hold(&self, interrupted: bool) {
        if self.is_mine() {
            return;
        }
        if !interrupted {
            core::mem::forget(self.lock());
            self.word.fetch_or(FORKING, Ordering::Relaxed);
            return;
        }
        // As in `lock_slow`: whoever sleeps may take a wake that another waits for, and has to see to that one's.
        let held = thread_id() | FORKING | SLEEPERS;
        for _ in 0..PATIENCE {
            let seen = self.word.load(Ordering::Relaxed);
            if seen == 0 {
                if self
                    .word
                    .compare_exchange(0, held, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
                {
                    return;
                }
                continue;
            }
            let marked = seen | SLEEPERS;
            if seen == marked
                || self
                    .word
                    .compare_exchange(seen, marked, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            {
                sleep_while(&self.word, marked, Some(Duration::from_millis(1)));
            }
        }
        wake_one(&self.word);
    }

    /// The value of a lock that is held for a fork.
    ///
    /// # Safety
    ///
    /// The calling thread holds the lock and has no other reference to the value.
    pub(crate) unsafe fn held(&self) -> &T {
        // SAFETY: by the caller's promise.
        unsafe { &*self.value.get() }
    }

    /// Gives back what [`hold`](Self::hold) took, if it did: another thread may hold it for a fork of its own.
    pub(crate) fn let_go(&self) {
        if self.word.load(Ordering::Relaxed) & !SLEEPERS == thread_id() | FORKING {
            drop(Guard { lock: self });
        }
    }

    /// The same in the child, where nobody is asleep, and of whoever else held the lock nothing is left. `forked` is what
    /// the forking thread was called: what it was interrupted in goes on.
    pub(crate) fn let_go_in_child(&self, forked: ThreadId) {
        let word = self.word.load(Ordering::Relaxed);
        let interrupted = word & FORKING == 0 && word & !SLEEPERS == forked.0;
        let holder = if interrupted {
            thread_id() | word & SLEEPERS
        } else {
            0
        };
        self.word.store(holder, Ordering::Relaxed);
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(&self, me: u32) {
        for _ in 0..SPINS {
            if self.word.load(Ordering::Relaxed) == 0
                && self
                    .word
                    .compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return;
            }
            hint::spin_loop();
        }
        owing(&self.word, || self.sleep_until_held(me));
    }

    fn sleep_until_held(&self, me: u32) {
        loop {
            let seen = self.word.load(Ordering::Relaxed);
            if seen == 0 {
                // Others may sleep that we cannot see, so the word keeps saying so.
                if self
                    .word
                    .compare_exchange(0, me | SLEEPERS, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
                {
                    return;
                }
                continue;
            }
            let marked = seen | SLEEPERS;
            if seen == marked
                || self
                    .word
                    .compare_exchange(seen, marked, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            {
                sleep_while(&self.word, marked, None);
            }
        }
    }
}

/// Access to a locked value; the lock is free again when it drops.
pub(crate) struct Guard<'a, T> {
    lock: &'a Lock<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: a guard exists only while its thread holds the lock, so no other reference does.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` excludes a second reference through this guard.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let word = &self.lock.word;
        let seen = word.load(Ordering::Relaxed);
        // Release pairs with the Acquire of the next holder.
        if seen & SLEEPERS != 0
            || word
                .compare_exchange(seen, 0, Ordering::Release, Ordering::Relaxed)
                .is_err()
        {
            free_and_wake(word);
        }
    }
}

#[cold]
#[inline(never)]
fn free_and_wake(word: &AtomicU32) {
    owing(word, || {
        // Release pairs with the Acquire of the next holder.
        word.store(0, Ordering::Release);
        wake_one(word);
    });
}

/// Does what may leave a wake-up at `word` in the thread's hand, and notes it meanwhile.
fn owing<R>(word: &AtomicU32, work: impl FnOnce() -> R) -> R {
    let before = with_owed(|owed| owed.replace(word));
    let result = work();
    with_owed(|owed| owed.set(before));
    result
}

/// Wakes another in place of the calling thread, if that was interrupted with a wake-up in its hand: before it waits for
/// any other lock.
pub(crate) fn pass_on_wake() {
    let owed = with_owed(Cell::get);
    if !owed.is_null() {
        wake_one(owed);
    }
}

/// Lends the word of the lock whose wake-up the calling thread may have in hand.
#[cfg(not(loom))]
fn with_owed<R>(visit: impl FnOnce(&Cell<*const AtomicU32>) -> R) -> R {
    with_words(|words| visit(&words.owes))
}

#[cfg(loom)]
loom::thread_local! {
    static OWED: Cell<*const AtomicU32> = Cell::new(core::ptr::null());
}

#[cfg(loom)]
fn with_owed<R>(visit: impl FnOnce(&Cell<*const AtomicU32>) -> R) -> R {
    OWED.with(visit)
}

/// Lends the calling thread's number; 0 until it is asked for.
#[cfg(not(loom))]
#[inline]
fn with_id<R>(visit: impl FnOnce(&Cell<u32>) -> R) -> R {
    with_words(|words| visit(&words.id))
}

#[cfg(loom)]
loom::thread_local! {
    static ID: Cell<u32> = Cell::new(0);
}

#[cfg(loom)]
fn with_id<R>(visit: impl FnOnce(&Cell<u32>) -> R) -> R {
    ID.with(visit)
}

/// What a thread was called.
#[derive(Clone, Copy)]
pub(crate) struct ThreadId(u32);

impl ThreadId {
    /// The number that `thread_id` gave it; 0 if it never asked.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// Forgets who the thread is: in a forked child it is another. Returns who it was.
pub(crate) fn forget_thread() -> ThreadId {
    ThreadId(with_id(|id| id.replace(0)))
}

/// A non-zero number below 2³⁰ that no other live thread has.
#[inline]
pub(crate) fn thread_id() -> u32 {
    with_id(|id| {
        if id.get() == 0 {
            id.set(new_thread_id());
        }
        id.get()
    })
}
