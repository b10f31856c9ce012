//! Which classes of large blocks a cache keeps a block of: those it freed last, up to a sum of bytes.
//!
//! A class whose blocks exceed its share of a cache keeps none by itself: a block of each would pin megabytes in
//! every thread. But a loop that frees one and asks for it again should find it. So such a class is granted one
//! block when it frees one, at the cost of the classes that were granted theirs before.
//!
//! Invariant: `granted` is the sum of the strides of the classes that keep a block by grant, and at most
//! [`GRANTED_BYTES`].

use core::ptr::NonNull;

use super::cold::{Cold, hot_bin};
use crate::arena::Arena;
use crate::central::Central;

/// Bytes of blocks that a cache keeps by grant: what the largest class of the `"general"` preset takes.
const GRANTED_BYTES: usize = 1 << 20;

impl Cold {
    /// Lets `class`, which keeps no block by itself, keep one, if that is within the bound.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, and the class is ready.
    pub(super) unsafe fn grant(
        cold: NonNull<Self>,
        arena: &Arena,
        centrals: &[Central],
        class: usize,
    ) {
        // SAFETY: the caller is the owner.
        let (head, this) = unsafe { (cold.as_ref(), Self::bin(cold, class)) };
        let stride = centrals[class].geometry().stride;
        if !this.takes_grants() || this.is_granted() || stride > GRANTED_BYTES {
            return;
        }
        while head.granted.get() + stride > GRANTED_BYTES {
            let other = head
                .next_revoked
                .replace((head.next_revoked.get() + 1) % centrals.len());
            // SAFETY: the caller is the owner.
            unsafe { Self::revoke(cold, arena, centrals, other) };
        }
        this.keep.set(1);
        head.granted.set(head.granted.get() + stride);
    }

    /// Takes a grant back, and the block that it kept.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    unsafe fn revoke(cold: NonNull<Self>, arena: &Arena, centrals: &[Central], class: usize) {
        // SAFETY: the caller is the owner.
        let (head, this) = unsafe { (cold.as_ref(), Self::bin(cold, class)) };
        if !this.is_granted() {
            return;
        }
        let central = &centrals[class];
        this.keep.set(0);
        head.granted
            .set(head.granted.get() - central.geometry().stride);
        // SAFETY: the owner's bins; a class with a grant is ready.
        let hot = unsafe { hot_bin(cold, class) };
        let mut len = this.withdraw(hot);
        while len > 0 {
            len = this.flush(len, arena, central);
        }
        this.offer(hot, 0);
    }
}
