//! Whether a cache holds a block: asked of every thread's, by one that frees a block which looks as if it were free.
//!
//! Other threads go on meanwhile, so the answer may be of the past; but a block that is live is in no stack, and of one that
//! lies in a stack somebody is told. A stack that is out of service is waited for: whoever withdrew it is on its way.

use core::ptr::{self, NonNull};

use super::cold::{Cold, hot_bin};
use super::registry::Registry;
use crate::sync::Ordering;
use crate::sys::{thread_lives, yield_now};

/// How often a stack that is out of service is looked at again before what lies in its memory counts.
const PATIENCE: usize = 10_000;

impl Cold {
    /// Whether the stack of `class` holds `block`. It has room for `capacity` blocks.
    ///
    /// # Safety
    ///
    /// `cold` and its `locals` are valid, with more than `class` classes.
    unsafe fn holds(cold: NonNull<Self>, class: usize, capacity: usize, block: *mut u8) -> bool {
        // SAFETY: by the caller's promise.
        let base = unsafe { Self::bin(cold, class) }
            .base
            .load(Ordering::Relaxed);
        if base.is_null() {
            return false;
        }
        // Volatile: the owner may write the entry at this moment. What is read is compared, and no more.
        let entry = |index: usize| {
            // SAFETY: the stack's memory has entry zero and `capacity` more.
            let place = unsafe { base.add(index) };
            // SAFETY: it stays the arena's.
            unsafe { ptr::read_volatile(place) }
        };
        for _ in 0..PATIENCE {
            // SAFETY: by the caller's promise.
            let top = unsafe { hot_bin(cold, class) }.top.load(Ordering::Relaxed);
            let len = top.addr().wrapping_sub(base.addr()) / size_of::<*mut u8>();
            if len <= capacity {
                return (1..=len).any(|index| entry(index) == block);
            }
            yield_now();
        }
        (1..=capacity).any(|index| entry(index) == block)
    }
}

impl Registry {
    /// Whether a cache of a living thread holds `block`, of `class`, whose stacks have room for `capacity` blocks.
    pub(crate) fn holds(&self, class: usize, capacity: usize, block: *mut u8) -> bool {
        let head = self.head.lock();
        let mut next = head.0;
        while let Some(cold) = NonNull::new(next) {
            // SAFETY: listed caches are valid, and the lock is held.
            let thread = unsafe { (*cold.as_ptr()).thread };
            // A thread may end without its hook, and its locals with it.
            let is_there = thread != 0 && thread_lives(thread);
            // SAFETY: as above, and so are the locals of a thread that is there.
            if is_there && unsafe { Cold::holds(cold, class, capacity, block) } {
                return true;
            }
            // SAFETY: as above.
            next = unsafe { (*cold.as_ptr()).next };
        }
        false
    }
}
