//! Blocks for a thread that asks for memory while it is inside the allocator already: from a signal handler, or from
//! a hook that the runtime calls. They are the system's allocator's, or, where that may be ourselves, mappings.
//!
//! A fixed table remembers them, so that every free finds its way back whatever path it takes.
//! Lock-free, since the thread that comes here may hold any lock.
//!
//! A slot's address: 0 is empty, 1 is being filled or emptied, anything else is a live block. Modelled in
//! `models::of_blocks`.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use std::alloc::System;

use crate::sync::{AtomicUsize, Ordering, constant};

/// Blocks that may be live at once; more are refused. A model has no more.
const SLOTS: usize = if cfg!(loom) { 2 } else { 256 };
const EMPTY: usize = 0;
const BUSY: usize = 1;

/// Who lends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lender {
    /// The system's allocator.
    System,
    /// The operating system: a mapping a block.
    #[cfg(not(loom))]
    Pages,
}

/// The blocks that are lent.
pub(crate) struct Table {
    slots: [Slot; SLOTS],
    /// Blocks in the table, so that the usual answer to a look-up costs one load. Relaxed: who asks for a block was handed it,
    /// and saw it counted before.
    live: AtomicUsize,
}

struct Slot {
    address: AtomicUsize,
    size: AtomicUsize,
    align: AtomicUsize,
    /// Start of the block's mapping; 0 if the system's allocator lent it.
    mapping: AtomicUsize,
}

#[cfg(not(loom))]
static TABLE: Table = Table::new();

/// A block of the lender's, or null.
#[cfg(not(loom))]
pub(crate) fn take(lender: Lender, layout: Layout) -> *mut u8 {
    TABLE.take(lender, layout)
}

/// Bytes of the block at `address`, if it is one of the table's.
#[cfg(not(loom))]
pub(crate) fn size_of(address: usize) -> Option<usize> {
    TABLE.size_of(address)
}

/// Frees the block at `address` if it is one of the table's.
#[cfg(not(loom))]
pub(crate) fn give(address: usize) -> bool {
    TABLE.give(address)
}

impl Slot {
    constant! {
        fn new() -> Self {
            Self {
                address: AtomicUsize::new(EMPTY),
                size: AtomicUsize::new(0),
                align: AtomicUsize::new(0),
                mapping: AtomicUsize::new(0),
            }
        }
    }
}

impl Table {
    #[cfg(not(loom))]
    const fn new() -> Self {
        Self {
            slots: [const { Slot::new() }; SLOTS],
            live: AtomicUsize::new(0),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self {
            slots: core::array::from_fn(|_| Slot::new()),
            live: AtomicUsize::new(0),
        }
    }

    /// A block of the lender's, of at least one byte; or null.
    pub(crate) fn take(&self, lender: Lender, layout: Layout) -> *mut u8 {
        let Some(slot) = self.slots.iter().find(|slot| {
            // Acquire pairs with the Release in `give`: the last layout was read before we write ours.
            slot.address
                .compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        }) else {
            return ptr::null_mut();
        };
        let (block, mapping): (_, *mut u8) = match lender {
            // SAFETY: callers ask for at least one byte.
            Lender::System => (unsafe { System.alloc(layout) }, ptr::null_mut()),
            #[cfg(not(loom))]
            Lender::Pages => pages::map(layout).unwrap_or((ptr::null_mut(), ptr::null_mut())),
        };
        if block.is_null() {
            slot.address.store(EMPTY, Ordering::Relaxed);
            return block;
        }
        slot.size.store(layout.size(), Ordering::Relaxed);
        slot.align.store(layout.align(), Ordering::Relaxed);
        slot.mapping
            .store(mapping.expose_provenance(), Ordering::Relaxed);
        self.live.fetch_add(1, Ordering::Relaxed);
        // Release pairs with the Acquire in `give` and `find`: who finds the address finds the layout.
        slot.address
            .store(block.expose_provenance(), Ordering::Release);
        block
    }

    /// Bytes of the block at `address`, if it is here.
    pub(crate) fn size_of(&self, address: usize) -> Option<usize> {
        self.find(address)
            .map(|slot| slot.size.load(Ordering::Relaxed))
    }

    /// Frees the block at `address`, if it is here.
    pub(crate) fn give(&self, address: usize) -> bool {
        let Some(slot) = self.find(address) else {
            return false;
        };
        // Acquire pairs with the Release in `take`.
        if slot
            .address
            .compare_exchange(address, BUSY, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            return false;
        }
        let size = slot.size.load(Ordering::Relaxed);
        let align = slot.align.load(Ordering::Relaxed);
        let mapping = slot.mapping.load(Ordering::Relaxed);
        self.live.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: both come from a valid layout.
        let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
        match NonNull::new(ptr::with_exposed_provenance_mut(mapping)) {
            // SAFETY: the mapping was made for this block, and claiming the slot made it ours alone to give back.
            Some(mapping) => unsafe { pages::unmap(mapping, layout) },
            // SAFETY: the block came from `System` with this layout, and claiming the slot made it ours alone to free.
            None => unsafe { System.dealloc(ptr::with_exposed_provenance_mut(address), layout) },
        }
        // Release pairs with the Acquire in `take`.
        slot.address.store(EMPTY, Ordering::Release);
        true
    }

    fn find(&self, address: usize) -> Option<&Slot> {
        // What marks a slot is no block's address, and callers pass what programs free.
        if address <= BUSY || self.live.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // Acquire pairs with the Release in `take`.
        self.slots
            .iter()
            .find(|slot| slot.address.load(Ordering::Acquire) == address)
    }
}

#[cfg(not(loom))]
mod pages {
    //! Blocks in mappings of their own.

    use core::alloc::Layout;
    use core::ptr::NonNull;

    use crate::sys::{Os, PAGE_MAX, REAL};

    /// A block in a mapping of its own, and where that starts.
    pub(super) fn map(layout: Layout) -> Option<(*mut u8, *mut u8)> {
        let mapping = REAL.map(bytes(layout)?).ok()?.as_ptr();
        let lead = mapping.addr().next_multiple_of(layout.align()) - mapping.addr();
        Some((mapping.wrapping_add(lead), mapping))
    }

    /// # Safety
    ///
    /// `map` made the mapping for this layout, and nobody uses it any more.
    pub(super) unsafe fn unmap(mapping: NonNull<u8>, layout: Layout) {
        if let Some(bytes) = bytes(layout) {
            // SAFETY: the caller's promise.
            unsafe { REAL.unmap(mapping, bytes) }
        }
    }

    /// Bytes of the mapping in which an aligned place for a block of this layout is certain to be found.
    fn bytes(layout: Layout) -> Option<usize> {
        layout
            .size()
            .checked_add(layout.align())?
            .checked_next_multiple_of(PAGE_MAX)
    }
}

#[cfg(loom)]
mod pages {
    //! A model has none.

    use core::alloc::Layout;
    use core::ptr::NonNull;

    /// # Safety
    ///
    /// There is a mapping, which a model never makes.
    pub(super) unsafe fn unmap(_: NonNull<u8>, _: Layout) {}
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_lends_and_takes_back_any_alignment() {
        for (size, align) in [(1, 1), (48, 16), (100, 4_096), (70_000, 1 << 21)] {
            let layout = Layout::from_size_align(size, align).expect("a valid layout");
            let block = take(Lender::Pages, layout);
            assert!(!block.is_null() && block.addr().is_multiple_of(align));
            // SAFETY: the block has this many bytes.
            unsafe { block.write_bytes(1, size) };
            assert_eq!(size_of(block.addr()), Some(size));
            assert!(give(block.addr()), "it is the table's");
            assert!(!give(block.addr()), "once");
        }
    }

    #[test]
    fn what_marks_a_slot_is_no_block() {
        let layout = Layout::new::<u64>();
        let block = take(Lender::Pages, layout);
        for mark in [EMPTY, BUSY] {
            assert_eq!(size_of(mark), None, "{mark}");
            assert!(!give(mark), "{mark}");
        }
        assert!(give(block.addr()));
    }

    #[test]
    fn what_no_mapping_can_hold_is_refused() {
        let layout = Layout::from_size_align(isize::MAX as usize - 1, 1).expect("a valid layout");
        assert!(take(Lender::Pages, layout).is_null());
    }
}
