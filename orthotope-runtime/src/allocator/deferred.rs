//! Blocks freed by a thread that is inside the allocator already, until it comes out.
//!
//! Whoever frees there may hold any lock, so this takes none: a stack linked through the blocks themselves
//! (Treiber, "Systems Programming: Coping with Parallelism", 1986), pushed one by one and taken whole, so
//! that no link is read while it may change. Modelled in `models::of_blocks`.

use core::ptr::{self, NonNull};

use crate::sync::{AtomicPtr, Ordering};

/// What a deferred block's first word says.
struct Link {
    next: *mut Link,
}

pub(crate) struct Deferred {
    head: AtomicPtr<Link>,
}

impl Deferred {
    pub(super) fn new() -> Self {
        Self {
            head: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Keeps a block for [`take`](Self::take).
    ///
    /// # Safety
    ///
    /// The block is the caller's to give, writable, aligned to a word and at least as long.
    pub(crate) unsafe fn push(&self, block: NonNull<u8>) {
        let link = block.cast::<Link>();
        let mut next = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: the block is ours until the exchange succeeds.
            unsafe { link.write(Link { next }) };
            // Release pairs with the Acquire in `take`: who takes the block sees its link.
            match self.head.compare_exchange_weak(
                next,
                link.as_ptr(),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(seen) => next = seen,
            }
        }
    }

    /// Whether no block is kept, as far as this thread sees.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.head.load(Ordering::Relaxed).is_null()
    }

    /// Every block kept, latest first.
    pub(super) fn take(&self) -> impl Iterator<Item = NonNull<u8>> + use<> {
        // Acquire pairs with the Release in `push`.
        let mut next = self.head.swap(ptr::null_mut(), Ordering::Acquire);
        core::iter::from_fn(move || {
            let link = NonNull::new(next)?;
            // SAFETY: the swap made the blocks ours, and each starts with its link until it is freed.
            next = unsafe { link.as_ref() }.next;
            Some(link.cast())
        })
    }
}
