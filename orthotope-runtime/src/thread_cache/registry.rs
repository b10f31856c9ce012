//! The list of an allocator's caches: how statistics find them.
//!
//! Invariants, checked by `Registry::validate`: `cold.next.prev == cold`, the head's `prev` is null, and a cache is listed
//! once.

use core::ptr::{self, NonNull};

use super::Cold;
use crate::sys::{Lock, LockWord};

/// The caches of an allocator's threads, for statistics and for nothing on any fast path.
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
    pub(crate) unsafe fn add(&self, mut cold: NonNull<Cold>) {
        let mut head = self.head.lock();
        // SAFETY: the cache is the caller's.
        let this = unsafe { cold.as_mut() };
        this.next = head.0;
        if let Some(mut next) = NonNull::new(head.0) {
            // SAFETY: listed caches are valid; this one is another.
            unsafe { next.as_mut() }.prev = cold.as_ptr();
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
        // SAFETY: listed caches are valid.
        let (next, prev) = unsafe { (cold.as_ref().next, cold.as_ref().prev) };
        if let Some(mut next) = NonNull::new(next) {
            // SAFETY: as above.
            unsafe { next.as_mut() }.prev = prev;
        }
        match NonNull::new(prev) {
            // SAFETY: as above.
            Some(mut prev) => unsafe { prev.as_mut() }.next = next,
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
                // SAFETY: listed caches are valid. Their `Locals` may not be: a thread can end without its hook.
                *count += unsafe { Cold::seen(cold, class) + Cold::staged(cold, class) };
            }
            caches += 1;
            // SAFETY: listed caches are valid.
            next = unsafe { cold.as_ref() }.next;
        }
        caches
    }
}

#[cfg(any(test, fuzzing))]
impl Registry {
    /// Panics if an invariant of the module does not hold.
    pub(crate) fn validate(&self) {
        let head = self.head.lock();
        let (mut next, mut prev) = (head.0, ptr::null_mut());
        while let Some(cold) = NonNull::new(next) {
            // SAFETY: listed caches are valid; the field alone, since the rest is its owner's.
            let (this_next, this_prev) = unsafe { ((*cold.as_ptr()).next, (*cold.as_ptr()).prev) };
            // Each leads back to the one before, so none comes twice.
            assert_eq!(this_prev, prev, "neighbours agree");
            (prev, next) = (next, this_next);
        }
    }
}
