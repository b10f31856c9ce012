//! Who asked for a block, of one block in 64.
//!
//! Owns a table of a fixed size, by address. It forgets: of two blocks whose addresses collide, the later one is
//! kept. What is counted with it is an estimate.

use crate::sync::{AtomicU64, Ordering};

/// One block in so many is followed.
pub(super) const RATE: u64 = 64;
/// Blocks that are followed at the same time, at most. A model has fewer.
const ENTRIES: usize = if cfg!(loom) { 2 } else { 1 << 16 };
/// Low bits of an entry, for the thread's slot; the address has the others.
const OWNER_BITS: u32 = 20;

/// An entry is 0, or the address of a block over 8 and the index of a slot.
pub(crate) struct Samples([AtomicU64; ENTRIES]);

/// Spreads the bits of an address (Fibonacci hashing).
#[inline]
fn mix(address: usize) -> u64 {
    (address as u64 >> 3).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether the block at `address` is followed: the same answer at its free.
#[inline]
pub(super) fn is_sampled(address: usize) -> bool {
    mix(address) >> (u64::BITS - RATE.ilog2()) == 0
}

impl Samples {
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self(core::array::from_fn(|_| AtomicU64::new(0)))
    }

    fn entry(&self, address: usize) -> &AtomicU64 {
        let index = mix(address) << RATE.ilog2() >> (u64::BITS - ENTRIES.ilog2());
        &self.0[index as usize]
    }

    fn tag(address: usize) -> u64 {
        address as u64 >> 3 << OWNER_BITS
    }

    /// Remembers that the thread with slot `owner` asked for the block.
    pub(crate) fn put(&self, address: usize, owner: u32) {
        let entry = Self::tag(address) | u64::from(owner);
        self.entry(address).store(entry, Ordering::Relaxed);
    }

    /// Forgets the block; the slot of the thread that asked for it, if that is known.
    pub(crate) fn take(&self, address: usize) -> Option<u32> {
        let entry = self.entry(address);
        let found = entry.load(Ordering::Relaxed);
        if found >> OWNER_BITS << OWNER_BITS != Self::tag(address) || found == 0 {
            return None;
        }
        entry
            .compare_exchange(found, 0, Ordering::Relaxed, Ordering::Relaxed)
            .ok()
            .map(|found| (found & ((1 << OWNER_BITS) - 1)) as u32)
    }
}
