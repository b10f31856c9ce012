//! How a cache gives everything back: at a flush, and when its thread exits.

use core::ptr::{self, NonNull};

use super::SENTINEL;
use super::cold::{Cold, hot_bin};
use crate::arena::Arena;
use crate::central::Central;
use crate::depot::magazine_bytes;
use crate::sync::Ordering;

impl Cold {
    /// Gives every block to the central pool, and what it was allowed where that grows. The cache stays usable.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    pub(crate) unsafe fn publish(cold: NonNull<Self>, arena: &Arena, centrals: &[Central]) {
        // SAFETY: the caller is the owner.
        let shared = unsafe { Self::allowances(cold) };
        let grows = shared.grow();
        for (class, central) in centrals.iter().enumerate() {
            // SAFETY: the caller is the owner.
            let this = unsafe { Self::bin(cold, class) };
            if this.staged_count.swap(0, Ordering::Relaxed) > 0
                && let Some(magazine) = this.staged.take()
            {
                // SAFETY: the magazine and its blocks are ours to give.
                this.staged.set(unsafe { central.publish(arena, magazine) });
            }
            if this.base.load(Ordering::Relaxed).is_null() {
                continue;
            }
            // SAFETY: the owner's bins.
            let hot = unsafe { hot_bin(cold, class) };
            let mut len = this.withdraw(hot);
            while len > 0 {
                len = if grows {
                    this.shed(len, len, arena, central)
                } else {
                    this.flush(len, arena, central)
                };
            }
            if grows {
                this.allowance.set(0);
            }
            this.offer(hot, 0);
        }
        shared.held.set(0);
    }

    /// Resets every bin to the sentinel and gives their memory back.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, and the cache is published.
    pub(crate) unsafe fn dismantle(cold: NonNull<Self>, arena: &Arena, centrals: &[Central]) {
        for (class, central) in centrals.iter().enumerate() {
            // SAFETY: the caller is the owner.
            let this = unsafe { Self::bin(cold, class) };
            // SAFETY: the owner's bins.
            let hot = unsafe { hot_bin(cold, class) };
            hot.top
                .store((&raw const SENTINEL.0).cast_mut(), Ordering::Relaxed);
            hot.limit.set(ptr::null_mut());
            let storage = NonNull::new(this.base.swap(ptr::null_mut(), Ordering::Relaxed));
            if let Some(storage) = storage {
                // SAFETY: `ready` took it with this size, and no bin leads to it any more.
                unsafe {
                    arena.meta().give(
                        storage.cast(),
                        (this.capacity.get() + 1) * size_of::<*mut u8>(),
                    )
                };
            }
            for magazine in [this.spare.take(), this.staged.take()]
                .into_iter()
                .flatten()
            {
                // SAFETY: the magazine is ours and empty, since the cache is published.
                unsafe {
                    arena
                        .meta()
                        .give(magazine.cast(), magazine_bytes(central.magazine()))
                };
            }
        }
    }

    /// Gives the record back.
    ///
    /// # Safety
    ///
    /// The cache is published, in no registry, and not used again.
    pub(crate) unsafe fn free(cold: NonNull<Self>, arena: &Arena) {
        // SAFETY: the caller's record.
        let classes = unsafe { (*cold.as_ptr()).classes };
        // SAFETY: `new` took it with this size.
        unsafe { arena.meta().give(cold.cast(), Self::bytes(classes)) };
    }
}
