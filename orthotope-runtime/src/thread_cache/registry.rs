//! The list of an allocator's caches: how statistics, a search for one block (`search`) and the child of a fork find them.
//!
//! Their owners work on them meanwhile, so of a listed cache nothing is touched here but its links, its thread, and what
//! it tells.
//!
//! Invariants, checked by `Registry::validate`: `cold.next.prev == cold`, the head's `prev` is null, and a cache is listed
//! once.

use core::ptr::{self, NonNull};

use super::Cold;
use crate::sys::{Lock, LockWord, thread_id};

/// The caches of an allocator's threads. No fast path asks it.
pub(crate) struct Registry {
    pub(super) head: Lock<Link>,
}

pub(super) struct Link(pub(super) *mut Cold);

// SAFETY: the pointer is followed under the lock alone.
unsafe impl Send for Link {}

impl Registry {
    pub(crate) const fn new() -> Self {
        Self {
            head: Lock::new(Link(ptr::null_mut())),
        }
    }

    /// Lists a cache.
    ///
    /// # Safety
    ///
    /// `cold` stays valid and in place until `remove`, or for ever.
    pub(crate) unsafe fn add(&self, cold: NonNull<Cold>) {
        let mut head = self.head.lock();
        // SAFETY: the cache is the caller's, and the lock is held.
        unsafe { (*cold.as_ptr()).next = head.0 };
        if let Some(next) = NonNull::new(head.0) {
            // SAFETY: listed caches are valid, and the lock is held.
            unsafe { (*next.as_ptr()).prev = cold.as_ptr() };
        }
        head.0 = cold.as_ptr();
    }

    /// Takes a cache off the list.
    ///
    /// # Safety
    ///
    /// `cold` is listed.
    pub(crate) unsafe fn remove(&self, cold: NonNull<Cold>) {
        let mut head = self.head.lock();
        // SAFETY: listed caches are valid, and the lock is held.
        let next = unsafe { (*cold.as_ptr()).next };
        // SAFETY: as above.
        let prev = unsafe { (*cold.as_ptr()).prev };
        if let Some(next) = NonNull::new(next) {
            // SAFETY: as above.
            unsafe { (*next.as_ptr()).prev = prev };
        }
        match NonNull::new(prev) {
            // SAFETY: as above.
            Some(prev) => unsafe { (*prev.as_ptr()).next = next },
            None => head.0 = next,
        }
    }

    /// What a fork sees of the lock.
    pub(crate) fn word(&self) -> &LockWord {
        self.head.word()
    }

    /// Adds to `cached[class]` the blocks that the caches held when their owners last told.
    /// Returns the number of caches.
    pub(crate) fn count(&self, cached: &mut [usize]) -> usize {
        let head = self.head.lock();
        let mut caches = 0;
        let mut next = head.0;
        while let Some(cold) = NonNull::new(next) {
            for (class, count) in cached.iter_mut().enumerate() {
                // Nothing of their `Locals`: a thread can end without its hook.
                // SAFETY: listed caches are valid.
                *count += unsafe { Cold::seen(cold, class) };
                // SAFETY: as above.
                *count += unsafe { Cold::staged(cold, class) };
            }
            caches += 1;
            // SAFETY: as above, and the lock is held.
            next = unsafe { (*cold.as_ptr()).next };
        }
        caches
    }

    /// In the child of a fork: every thread is gone but this one, which was `before`. The lock is held for the fork.
    pub(crate) fn bereave(&self, before: u32) {
        // SAFETY: the lock is held by this thread.
        let mut next = unsafe { self.head.held() }.0;
        while let Some(cold) = NonNull::new(next) {
            // SAFETY: listed caches are valid, and there is no other thread.
            let thread = unsafe { &mut (*cold.as_ptr()).thread };
            *thread = if *thread == before { thread_id() } else { 0 };
            // SAFETY: as above.
            next = unsafe { (*cold.as_ptr()).next };
        }
    }
}

#[cfg(any(test, fuzzing))]
impl Registry {
    /// Panics if an invariant of the module does not hold.
    pub(crate) fn validate(&self) {
        let head = self.head.lock();
        let (mut next, mut prev) = (head.0, ptr::null_mut());
        while let Some(cold) = NonNull::new(next) {
            // SAFETY: listed caches are valid, and the lock is held.
            let this_prev = unsafe { (*cold.as_ptr()).prev };
            // Each leads back to the one before, so none comes twice.
            assert_eq!(this_prev, prev, "neighbours agree");
            prev = next;
            // SAFETY: as above.
            next = unsafe { (*cold.as_ptr()).next };
        }
    }
}
