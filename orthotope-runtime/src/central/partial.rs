//! The slabs of a class that have free blocks, by how full they are.
//!
//! Blocks come from the fullest slab first: the emptier ones, left alone, become empty, and go back whole. One
//! list for each of up to four steps of fullness, the fullest first.
//!
//! Invariants: a slab is in a list exactly if it has free blocks, in the one that their number says; `filled` has
//! a bit a list that is not empty; `free` is the sum of their counts.

use core::ptr::{self, NonNull};

use crate::arena::{Span, slab_of};

const LISTS: usize = 4;

/// Slabs linked both ways: from `head` by `next`, from `tail` by `prev`, `len` of them.
#[derive(Clone, Copy)]
struct List {
    head: *mut Span,
    tail: *mut Span,
    len: usize,
}

pub(super) struct Partial {
    lists: [List; LISTS],
    /// A bit a list that is not empty.
    filled: u8,
    /// A slab's list is the number of its free blocks, shifted right by this.
    shift: u32,
    /// Blocks that lie free in slabs.
    pub(super) free: usize,
    /// Slabs that were put into a list or taken out, counted without end.
    changes: u32,
}

impl Partial {
    /// Lists for slabs of `capacity` blocks.
    pub(super) const fn new(capacity: usize) -> Self {
        const EMPTY: List = List {
            head: ptr::null_mut(),
            tail: ptr::null_mut(),
            len: 0,
        };
        let bits = usize::BITS - capacity.leading_zeros();
        Self {
            lists: [EMPTY; LISTS],
            filled: 0,
            shift: bits.saturating_sub(LISTS.ilog2()),
            free: 0,
            changes: 0,
        }
    }

    /// The slab to take blocks from next.
    pub(super) fn fullest(&self) -> Option<NonNull<Span>> {
        if self.filled == 0 {
            return None;
        }
        NonNull::new(self.lists[self.filled.trailing_zeros() as usize].head)
    }

    /// Any slab of list `list`.
    pub(super) fn first(&self, list: usize) -> Option<NonNull<Span>> {
        NonNull::new(self.lists[list].head)
    }

    /// How many slabs list `list` has.
    pub(super) fn len(&self, list: usize) -> usize {
        self.lists[list].len
    }

    /// A number that is another once a slab has come, gone, or changed its list.
    pub(super) fn changes(&self) -> u32 {
        self.changes
    }

    /// Indices of all lists.
    pub(super) fn lists() -> core::ops::Range<usize> {
        0..LISTS
    }

    /// Accounts for a slab that had `before` free blocks, and lists it by what it has now.
    ///
    /// # Safety
    ///
    /// The caller holds the lock of the class; the slab is one of it.
    pub(super) unsafe fn settle(&mut self, span: NonNull<Span>, before: usize) {
        // SAFETY: the caller holds the lock.
        let slab = unsafe { slab_of(span) };
        let (free, listed) = (slab.free as usize, slab.list);
        self.free = self.free - before + free;
        let wanted = (free > 0).then(|| (free >> self.shift) as u8);
        if wanted == listed {
            return;
        }
        self.changes = self.changes.wrapping_add(1);
        if listed.is_some() {
            // SAFETY: the slab is in a list.
            unsafe { self.unlink(span) };
        }
        if let Some(list) = wanted {
            // SAFETY: the slab is in no list.
            unsafe { self.link_head(span, list) };
        }
    }

    /// Takes a slab out of its list, and its blocks out of the count.
    ///
    /// # Safety
    ///
    /// The caller holds the lock of the class; the slab is listed.
    pub(super) unsafe fn remove(&mut self, span: NonNull<Span>) {
        // SAFETY: the caller holds the lock.
        self.free -= unsafe { slab_of(span) }.free as usize;
        // SAFETY: the caller's promise.
        unsafe { self.unlink(span) };
    }

    /// Moves the first slab of a list to its end.
    ///
    /// # Safety
    ///
    /// The caller holds the lock of the class.
    pub(super) unsafe fn rotate(&mut self, list: usize) {
        let Some(span) = NonNull::new(self.lists[list].head) else {
            return;
        };
        // SAFETY: the slab is listed.
        unsafe { self.unlink(span) };
        // SAFETY: the caller holds the lock.
        let slab = unsafe { slab_of(span) };
        let ends = &mut self.lists[list];
        slab.list = Some(list as u8);
        slab.prev = ends.tail;
        slab.next = ptr::null_mut();
        match NonNull::new(ends.tail) {
            // SAFETY: as above; the tail is another slab.
            Some(tail) => unsafe { slab_of(tail) }.next = span.as_ptr(),
            None => ends.head = span.as_ptr(),
        }
        ends.tail = span.as_ptr();
        ends.len += 1;
        self.filled |= 1 << list;
    }

    /// # Safety
    ///
    /// The caller holds the lock; the slab is in no list.
    unsafe fn link_head(&mut self, span: NonNull<Span>, list: u8) {
        // SAFETY: the caller holds the lock.
        let slab = unsafe { slab_of(span) };
        let ends = &mut self.lists[usize::from(list)];
        slab.list = Some(list);
        slab.prev = ptr::null_mut();
        slab.next = ends.head;
        match NonNull::new(ends.head) {
            // SAFETY: as above; the head is another slab.
            Some(head) => unsafe { slab_of(head) }.prev = span.as_ptr(),
            None => ends.tail = span.as_ptr(),
        }
        ends.head = span.as_ptr();
        ends.len += 1;
        self.filled |= 1 << list;
    }

    /// # Safety
    ///
    /// The caller holds the lock; the slab is in a list.
    unsafe fn unlink(&mut self, span: NonNull<Span>) {
        let (next, prev, list) = {
            // SAFETY: the caller holds the lock.
            let slab = unsafe { slab_of(span) };
            (slab.next, slab.prev, slab.list.take())
        };
        let Some(list) = list else { return };
        let ends = &mut self.lists[usize::from(list)];
        match NonNull::new(next) {
            // SAFETY: as above; neighbours differ.
            Some(next) => unsafe { slab_of(next) }.prev = prev,
            None => ends.tail = prev,
        }
        match NonNull::new(prev) {
            // SAFETY: as above.
            Some(prev) => unsafe { slab_of(prev) }.next = next,
            None => ends.head = next,
        }
        ends.len -= 1;
        if ends.len == 0 {
            self.filled &= !(1 << list);
        }
    }
}

#[cfg(any(test, fuzzing))]
impl Partial {
    /// Every listed slab with the list it should be in. Panics if neighbours or counts disagree.
    pub(super) fn each(&self, mut visit: impl FnMut(NonNull<Span>)) {
        for (index, ends) in self.lists.iter().enumerate() {
            let (mut next, mut prev, mut len) = (ends.head, ptr::null_mut(), 0);
            while let Some(span) = NonNull::new(next) {
                // SAFETY: callers hold the lock.
                let slab = unsafe { slab_of(span) };
                assert_eq!(slab.list, Some(index as u8), "a slab knows its list");
                assert_eq!(
                    slab.free as usize >> self.shift,
                    index,
                    "fullness says the list"
                );
                assert_eq!(slab.prev, prev, "neighbours agree");
                (prev, next, len) = (next, slab.next, len + 1);
                visit(span);
            }
            assert_eq!(ends.tail, prev, "the tail is the last");
            assert_eq!(ends.len, len, "the length is the number of slabs");
            assert_eq!(self.filled >> index & 1 == 1, len > 0, "filled says so");
        }
    }
}
