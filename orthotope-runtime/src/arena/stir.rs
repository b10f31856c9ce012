//! Whether somebody looks after what becomes free, and how much has become free since. Modelled in `models::of_locks`.
//!
//! What becomes free does so under some lock, and is counted after that. Whoever is about to look stops watching, and
//! then takes the same lock. So what was freed before is seen, and who frees later sees that nobody watches: the lock
//! orders it all, and no step needs an ordering of its own.

use crate::sync::{AtomicBool, AtomicUsize, Ordering};

pub(super) struct Stir {
    /// Bytes that have become free since somebody looked after them.
    stirred: AtomicUsize,
    /// Somebody looks after what becomes free, and need not be told.
    watched: AtomicBool,
}

impl Stir {
    pub(super) fn new() -> Self {
        Self {
            stirred: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
        }
    }

    /// Counts bytes that have become free, unless somebody looks after them anyway.
    #[inline]
    pub(super) fn add(&self, bytes: usize) {
        if !self.watched.load(Ordering::Relaxed) {
            self.stirred.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Whether at least `bytes` have become free, and nobody looks after them.
    #[inline]
    pub(super) fn wants_watch(&self, bytes: usize) -> bool {
        self.stirred.load(Ordering::Relaxed) >= bytes && !self.watched.load(Ordering::Relaxed)
    }

    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Somebody watches from now on. `false` if somebody did already.
    pub(super) fn watch(&self) -> bool {
        !self.watched.swap(true, Ordering::Relaxed)
    }

    /// Nobody does any more, who has not counted again so many bytes.
    pub(super) fn unwatch(&self, stirred: usize) {
        self.stirred.store(stirred, Ordering::Relaxed);
        self.watched.store(false, Ordering::Relaxed);
    }
}
