//! A lock that never allocates and whose word says who holds it: `lock_word` has the table of its states.
//!
//! A thread notes whose wake-up it may have in hand: from before it sleeps until it has the lock, and from before it frees a
//! lock until it has woken one. A signal handler that forks there waits for other locks, whose holders may sleep for this
//! one: so it passes the wake-up on first ([`pass_on_wake`]). One too many is harmless.
//!
//! Modelled in `models::of_locks`, over a stand-in for the futex that loses a wake-up where the word allows it.

use core::cell::{Cell, UnsafeCell};
use core::hint;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::futex::{new_thread_id, sleep_while, wake_one};
use super::lock_word::{LockWord, SLEEPERS};
#[cfg(not(loom))]
use super::words::with_words;
use crate::sync::{AtomicU32, Ordering, constant};

/// Looks at a held word before sleeping: a critical section is shorter than a trip through the kernel. A model
/// would look through each of them.
const SPINS: u32 = if cfg!(loom) { 0 } else { 100 };

/// Mutual exclusion over a `T`, without poisoning: nothing panics while a lock is held.
pub(crate) struct Lock<T> {
    word: LockWord,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands out the value to one thread at a time, which may therefore be any thread.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    constant! {
        pub(crate) fn new(value: T) -> Self {
            Self {
                word: LockWord::new(),
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
            .0
            .compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            self.lock_slow(me);
        }
        Guard {
            lock: self,
            thread: PhantomData,
        }
    }

    /// What a fork sees of the lock.
    pub(crate) fn word(&self) -> &LockWord {
        &self.word
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

    #[cold]
    #[inline(never)]
    fn lock_slow(&self, me: u32) {
        for _ in 0..SPINS {
            // Acquire, here and below, pairs with the Release of whoever frees the lock.
            if self.word.0.load(Ordering::Relaxed) == 0
                && self
                    .word
                    .0
                    .compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return;
            }
            hint::spin_loop();
        }
        owing(&self.word.0, || self.sleep_until_held());
    }

    fn sleep_until_held(&self) {
        loop {
            let seen = self.word.0.load(Ordering::Relaxed);
            if seen == 0 {
                // Others may sleep that we cannot see, so the word keeps saying so. A handler that forked while this
                // thread slept has it go on in the child under another number.
                let held = thread_id() | SLEEPERS;
                if self
                    .word
                    .0
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
                    .0
                    .compare_exchange(seen, marked, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            {
                sleep_while(&self.word.0, marked, None);
            }
        }
    }
}

/// Access to a locked value; the lock is free again when it drops.
pub(crate) struct Guard<'a, T> {
    lock: &'a Lock<T>,
    /// It stays with its thread, by whose number a fork knows the holder.
    thread: PhantomData<*mut T>,
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
        let word = &self.lock.word.0;
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
pub(super) fn free_and_wake(word: &AtomicU32) {
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
