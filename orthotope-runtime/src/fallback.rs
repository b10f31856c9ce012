//! Blocks of the system's allocator, for a thread that asks for memory while it is inside the
//! allocator already: from a signal handler, or from a hook that the runtime calls.
//!
//! A fixed table remembers them, so that every free finds its way back whatever path it takes.
//! Lock-free, since the thread that comes here may hold any lock.
//!
//! A slot's address: 0 is empty, 1 is being filled or emptied, anything else is a live block.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;
use std::alloc::System;

use crate::sync::{AtomicUsize, Ordering};

/// Blocks that may be live at once; more are refused.
const SLOTS: usize = 256;
const EMPTY: usize = 0;
const BUSY: usize = 1;

struct Slot {
    address: AtomicUsize,
    size: AtomicUsize,
    align: AtomicUsize,
}

static TABLE: [Slot; SLOTS] = [const {
    Slot {
        address: AtomicUsize::new(EMPTY),
        size: AtomicUsize::new(0),
        align: AtomicUsize::new(0),
    }
}; SLOTS];

/// Blocks in the table, so that the usual answer to a look-up costs one load.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// A block of the system's allocator, or null.
pub(crate) fn take(layout: Layout) -> *mut u8 {
    let Some(slot) = TABLE.iter().find(|slot| {
        slot.address
            .compare_exchange(EMPTY, BUSY, Ordering::Relaxed, Ordering::Relaxed)
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
    LIVE.fetch_add(1, Ordering::Relaxed);
    // Release pairs with the Acquire in `claim`: who finds the address finds the layout.
    slot.address
        .store(block.expose_provenance(), Ordering::Release);
    block
}

/// Bytes of the block at `address`, if it is one of the table's.
pub(crate) fn size_of(address: usize) -> Option<usize> {
    find(address).map(|slot| slot.size.load(Ordering::Relaxed))
}

/// Frees the block at `address` if it is one of the table's.
pub(crate) fn give(address: usize) -> bool {
    let Some(slot) = find(address) else {
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
    LIVE.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: both come from a valid layout.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the block came from `System` with this layout, and claiming the slot made it ours alone to free.
    unsafe { System.dealloc(ptr::with_exposed_provenance_mut(address), layout) };
    slot.address.store(EMPTY, Ordering::Relaxed);
    true
}

fn find(address: usize) -> Option<&'static Slot> {
    if LIVE.load(Ordering::Relaxed) == 0 {
        return None;
    }
    // Acquire pairs with the Release in `take`.
    TABLE
        .iter()
        .find(|slot| slot.address.load(Ordering::Acquire) == address)
}
