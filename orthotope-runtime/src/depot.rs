//! Magazines, and the depot that keeps the full ones (Bonwick and Adams, "Magazines and Vmem", 2001).
//!
//! A magazine is an array of block pointers that changes hands whole, or, for a cache that has no room for a whole
//! one, in part: off the top one and onto it. The depot is a stack: what was freed last is handed out first, and
//! what lies at the bottom is old enough to go back to its slab.
//! Knows nothing of slabs or threads.
//!
//! Invariants, checked by `Depot::validate`: `len` magazines are linked from `top` by `below` and from `bottom` by
//! `above`; every magazine in the depot holds at least one block, and none more than there is room for.

use core::ptr::{self, NonNull};
use core::slice;

use crate::arena::Meta;

/// The head of a magazine; its block pointers follow.
#[repr(C)]
pub(crate) struct Magazine {
    above: *mut Magazine,
    below: *mut Magazine,
    /// `1 <= count <= capacity` in the depot; 0 in an empty one.
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

/// The blocks that the magazine holds.
///
/// # Safety
///
/// `magazine` came from [`new_magazine`], and stays the caller's for `'a`.
pub(crate) unsafe fn held<'a>(magazine: NonNull<Magazine>) -> &'a [*mut u8] {
    // SAFETY: the magazine is the caller's.
    let count = unsafe { magazine.as_ref() }.count;
    // SAFETY: by the caller's promise.
    let first = unsafe { blocks(magazine) };
    // SAFETY: `count` pointers were written there.
    unsafe { slice::from_raw_parts(first, count) }
}

/// The full magazines of one class, and empty ones for later.
pub(crate) struct Depot {
    top: *mut Magazine,
    bottom: *mut Magazine,
    /// Empty magazines, linked by `below`.
    empties: *mut Magazine,
    /// Magazines with blocks.
    pub(crate) len: usize,
    /// `blocks == Σ magazine.count`.
    pub(crate) blocks: usize,
    /// The least that `len` has been since [`watch`](Self::watch): `least <= len`.
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

    /// Blocks in the magazine on top; 0 if there is none.
    pub(crate) fn top_count(&self) -> usize {
        // SAFETY: linked magazines belong to the depot.
        NonNull::new(self.top).map_or(0, |top| unsafe { top.as_ref() }.count)
    }

    /// Takes up to `want` blocks off the magazine on top. Returns how many; 0 if there is none.
    ///
    /// # Safety
    ///
    /// `out` has room for `want` blocks.
    #[inline(never)]
    pub(crate) unsafe fn take(&mut self, out: *mut *mut u8, want: usize) -> usize {
        let Some(mut top) = NonNull::new(self.top) else {
            return 0;
        };
        // SAFETY: linked magazines belong to the depot.
        let held = unsafe { &mut top.as_mut().count };
        let count = want.min(*held);
        *held -= count;
        let left = *held;
        // The pointers are no part of what `held` leads to: they are reached from the link.
        // SAFETY: the magazine is the depot's.
        let from = unsafe { blocks(top) };
        // SAFETY: it held `count` blocks above the `left` ones that stay.
        let from = unsafe { from.add(left) };
        // SAFETY: as above; `out` has room, and lies in no magazine of the depot.
        unsafe { out.copy_from_nonoverlapping(from, count) };
        self.blocks -= count;
        if left == 0
            && let Some(empty) = self.pop()
        {
            // SAFETY: it was the depot's, and has no block left.
            unsafe { self.push_empty(empty) };
        }
        count
    }

    /// Adds as many of `held` as fit to the magazine on top, of `capacity` blocks. Returns the others.
    pub(crate) fn give<'a>(&mut self, held: &'a [*mut u8], capacity: usize) -> &'a [*mut u8] {
        let Some(mut top) = NonNull::new(self.top) else {
            return held;
        };
        // SAFETY: linked magazines belong to the depot.
        let filled = unsafe { &mut top.as_mut().count };
        let count = *filled;
        let (now, rest) = held.split_at(held.len().min(capacity - count));
        *filled += now.len();
        // SAFETY: the magazine is the depot's.
        let to = unsafe { blocks(top) };
        // SAFETY: it has room for `capacity` blocks, and holds `count`.
        let to = unsafe { to.add(count) };
        // SAFETY: as above; `held` lies in no magazine of the depot.
        unsafe { to.copy_from_nonoverlapping(now.as_ptr(), now.len()) };
        self.blocks += now.len();
        rest
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

    /// Whether a magazine holds `block`.
    pub(crate) fn holds(&self, block: *mut u8) -> bool {
        let mut next = self.top;
        while let Some(magazine) = NonNull::new(next) {
            // SAFETY: linked magazines belong to the depot.
            let this = unsafe { magazine.as_ref() };
            // SAFETY: as above.
            if unsafe { held(magazine) }.contains(&block) {
                return true;
            }
            next = this.below;
        }
        false
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

#[cfg(any(test, fuzzing))]
impl Depot {
    /// Every block, in any order. Panics if an invariant of the module does not hold for magazines of `capacity` blocks.
    pub(crate) fn validate(&self, capacity: usize) -> Vec<*mut u8> {
        let (mut next, mut above, mut len) = (self.top, ptr::null_mut(), 0);
        let mut all = Vec::with_capacity(self.blocks);
        while let Some(magazine) = NonNull::new(next) {
            // SAFETY: linked magazines belong to the depot.
            let this = unsafe { magazine.as_ref() };
            assert_eq!(this.above, above, "neighbours agree");
            assert!(
                (1..=capacity).contains(&this.count),
                "{} blocks",
                this.count
            );
            // SAFETY: as above.
            all.extend_from_slice(unsafe { held(magazine) });
            (above, next, len) = (next, this.below, len + 1);
        }
        assert_eq!(self.bottom, above, "the bottom is the last");
        assert_eq!(self.len, len, "the length is the number of magazines");
        assert_eq!(self.blocks, all.len(), "blocks is the sum of their counts");
        assert!(self.least <= self.len);
        let mut next = self.empties;
        while let Some(magazine) = NonNull::new(next) {
            // SAFETY: kept magazines belong to the depot.
            let this = unsafe { magazine.as_ref() };
            assert_eq!(this.count, 0, "an empty magazine holds no block");
            next = this.below;
        }
        all
    }
}
