//! Magazines, and the depot that keeps the full ones (Bonwick and Adams, "Magazines and Vmem", 2001).
//!
//! A magazine is an array of block pointers that changes hands whole. The depot is a stack: what was
//! freed last is handed out first, and what lies at the bottom is old enough to go back to its slab.
//! Knows nothing of slabs or threads.
//!
//! Invariants: `len` magazines are linked from `top` by `below` and from `bottom` by `above`; `blocks`
//! is the sum of their counts; every magazine in the depot holds at least one block; `least <= len`.

use core::ptr::{self, NonNull};

use crate::arena::Meta;

/// The head of a magazine; its block pointers follow.
#[repr(C)]
pub(crate) struct Magazine {
    above: *mut Magazine,
    below: *mut Magazine,
    pub(crate) count: usize,
}

/// Bytes of a magazine of `capacity` blocks.
pub(crate) fn magazine_bytes(capacity: usize) -> usize {
    size_of::<Magazine>() + capacity * size_of::<*mut u8>()
}

/// An empty magazine.
pub(crate) fn new_magazine(meta: &Meta, capacity: usize) -> Option<NonNull<Magazine>> {
    // Fresh records are zero: no neighbours, no blocks.
    meta.take(magazine_bytes(capacity)).map(NonNull::cast)
}

/// The magazine's block pointers.
///
/// # Safety
///
/// `magazine` came from [`new_magazine`].
pub(crate) unsafe fn blocks(magazine: NonNull<Magazine>) -> *mut *mut u8 {
    // SAFETY: the pointers follow the head in the same record.
    unsafe { magazine.as_ptr().add(1).cast() }
}

pub(crate) struct Depot {
    top: *mut Magazine,
    bottom: *mut Magazine,
    /// Empty magazines, linked by `below`.
    empties: *mut Magazine,
    pub(crate) len: usize,
    pub(crate) blocks: usize,
    /// The least that `len` has been since [`watch`](Self::watch).
    least: usize,
}

impl Depot {
    pub(crate) const fn new() -> Self {
        Self {
            top: ptr::null_mut(),
            bottom: ptr::null_mut(),
            empties: ptr::null_mut(),
            len: 0,
            blocks: 0,
            least: 0,
        }
    }

    /// Puts a magazine with at least one block on top.
    ///
    /// # Safety
    ///
    /// The magazine is the caller's to give.
    pub(crate) unsafe fn push(&mut self, mut magazine: NonNull<Magazine>) {
        // SAFETY: the magazine is exclusively ours now.
        let this = unsafe { magazine.as_mut() };
        this.above = ptr::null_mut();
        this.below = self.top;
        self.blocks += this.count;
        self.len += 1;
        if let Some(mut top) = NonNull::new(self.top) {
            // SAFETY: linked magazines belong to the depot.
            unsafe { top.as_mut() }.above = magazine.as_ptr();
        } else {
            self.bottom = magazine.as_ptr();
        }
        self.top = magazine.as_ptr();
    }

    /// The magazine on top, left where it is.
    pub(crate) fn top(&mut self) -> Option<&mut Magazine> {
        // SAFETY: linked magazines belong to the depot.
        NonNull::new(self.top).map(|mut top| unsafe { top.as_mut() })
    }

    /// Takes the magazine on top: the hottest.
    pub(crate) fn pop(&mut self) -> Option<NonNull<Magazine>> {
        let magazine = NonNull::new(self.top)?;
        // SAFETY: linked magazines belong to the depot.
        let this = unsafe { magazine.as_ref() };
        self.top = this.below;
        match NonNull::new(this.below) {
            // SAFETY: as above; neighbours differ.
            Some(mut below) => unsafe { below.as_mut() }.above = ptr::null_mut(),
            None => self.bottom = ptr::null_mut(),
        }
        self.len -= 1;
        self.least = self.least.min(self.len);
        self.blocks -= this.count;
        Some(magazine)
    }

    /// Magazines that nobody needed since [`watch`](Self::watch): so many lay at the bottom all the time.
    pub(crate) fn idle(&self) -> usize {
        self.least
    }

    /// Starts to watch how many magazines are needed.
    pub(crate) fn watch(&mut self) {
        self.least = self.len;
    }

    /// Takes the magazine at the bottom: the coldest.
    pub(crate) fn pop_bottom(&mut self) -> Option<NonNull<Magazine>> {
        let magazine = NonNull::new(self.bottom)?;
        // SAFETY: linked magazines belong to the depot.
        let this = unsafe { magazine.as_ref() };
        self.bottom = this.above;
        match NonNull::new(this.above) {
            // SAFETY: as above; neighbours differ.
            Some(mut above) => unsafe { above.as_mut() }.below = ptr::null_mut(),
            None => self.top = ptr::null_mut(),
        }
        self.len -= 1;
        self.least = self.least.min(self.len);
        self.blocks -= this.count;
        Some(magazine)
    }

    /// Keeps an empty magazine for later.
    ///
    /// # Safety
    ///
    /// The magazine is the caller's to give, and its blocks are elsewhere.
    pub(crate) unsafe fn push_empty(&mut self, mut magazine: NonNull<Magazine>) {
        // SAFETY: the magazine is exclusively ours now.
        let this = unsafe { magazine.as_mut() };
        this.count = 0;
        this.below = self.empties;
        self.empties = magazine.as_ptr();
    }

    /// An empty magazine, if one is kept.
    pub(crate) fn pop_empty(&mut self) -> Option<NonNull<Magazine>> {
        let magazine = NonNull::new(self.empties)?;
        // SAFETY: kept magazines belong to the depot.
        self.empties = unsafe { magazine.as_ref() }.below;
        Some(magazine)
    }
}
