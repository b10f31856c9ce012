//! Blocks of the system's allocator, for a thread that asks for memory while it is inside the
//! allocator already: from a signal handler, or from a hook that the runtime calls.
//!
//! A fixed table remembers them, so that every free finds its way back whatever path it takes.
//! Lock-free, since the thread that comes here may hold any lock.
//!
//! A slot's address: 0 is empty, 1 is being filled or emptied, anything else is a live block. Modelled in
//! `models::of_blocks`.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;
use std::alloc::System;

use crate::sync::{AtomicUsize, Ordering, constant};

/// Blocks that may be live at once; more are refused. A model has no more.
const SLOTS: usize = if cfg!(loom) { 2 } else { 256 };
const EMPTY: usize = 0;
const BUSY: usize = 1;

/// The blocks that are lent.
pub(crate) struct Table {
    slots: [Slot; SLOTS],
    /// Blocks in the table, so that the usual answer to a look-up costs one load.
    live: AtomicUsize,
}

struct Slot {
    address: AtomicUsize,
    size: AtomicUsize,
    align: AtomicUsize,
}

#[cfg(not(loom))]
static TABLE: Table = Table::new();

/// A block of the system's allocator, or null.
#[cfg(not(loom))]
pub(crate) fn take(layout: Layout) -> *mut u8 {
    TABLE.take(layout)
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

    pub(crate) fn take(&self, layout: Layout) -> *mut u8 {
        let Some(slot) = self.slots.iter().find(|slot| {
            // Acquire pairs with the Release in `give`: the last layout was read before we write ours.
            slot.address
                .compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        }) else {
            return ptr::null_mut();
        };
        // SAFETY: callers ask for at least one byte.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() {
            slot.address.store(EMPTY, Ordering::Relaxed);
            return block;
        }
        slot.size.store(layout.size(), Ordering::Relaxed);
        slot.align.store(layout.align(), Ordering::Relaxed);
        self.live.fetch_add(1, Ordering::Relaxed);
        // Release pairs with the Acquire in `give` and `find`: who finds the address finds the layout.
        slot.address
            .store(block.expose_provenance(), Ordering::Release);
        block
    }

    pub(crate) fn size_of(&self, address: usize) -> Option<usize> {
        self.find(address)
            .map(|slot| slot.size.load(Ordering::Relaxed))
    }

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
        self.live.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: both come from a valid layout.
        let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
        // SAFETY: the block came from `System` with this layout, and claiming the slot made it ours alone to free.
        unsafe { System.dealloc(ptr::with_exposed_provenance_mut(address), layout) };
        // Release pairs with the Acquire in `take`.
        slot.address.store(EMPTY, Ordering::Release);
        true
    }

    fn find(&self, address: usize) -> Option<&Slot> {
        if self.live.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // Acquire pairs with the Release in `take`.
        self.slots
            .iter()
            .find(|slot| slot.address.load(Ordering::Acquire) == address)
    }
}
