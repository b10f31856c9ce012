//! The home region's page directory, as it is read from a static, without asking the arena: by a free that is told no size,
//! and wherever every block is looked up.
//!
//! Invariant: it never changes once it is set, and all zero it holds no address. An entry may be of the past, but leads
//! to a record: what covers the address, the record says.

use core::ptr::{self, NonNull};

use super::region::Region;
use super::span::{GRANULE, Kind, Span};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};

/// Where the home region is, and its entries.
pub(crate) struct Home {
    base: AtomicUsize,
    granules: AtomicUsize,
    entries: AtomicPtr<AtomicPtr<Span>>,
}

impl Home {
    /// No region.
    pub(crate) const fn new() -> Self {
        Self {
            base: AtomicUsize::new(0),
            granules: AtomicUsize::new(0),
            entries: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Sets it to `region`, for ever. The caller is the only one to do so, before any block of it is handed out: who frees
    /// one sees what is written here.
    pub(crate) fn set(&self, region: &Region) {
        let (base, granules, entries) = region.directory();
        self.entries.store(entries.as_ptr(), Ordering::Relaxed);
        self.base.store(base.as_ptr().addr(), Ordering::Relaxed);
        // Release pairs with the Acquire in `record_at`: who sees granules sees where they are.
        self.granules.store(granules, Ordering::Release);
    }

    /// The record of the span that covers `address`, or of one that did.
    #[inline(always)]
    pub(crate) fn record_at(&self, address: usize) -> Option<&'static Span> {
        let granule = address.wrapping_sub(self.base.load(Ordering::Relaxed)) / GRANULE;
        // Acquire pairs with the Release in `set`.
        if granule >= self.granules.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: the directory has an entry for each granule; fresh ones are null.
        let entry = unsafe { &*self.entries.load(Ordering::Relaxed).add(granule) };
        // Acquire pairs with the Release in `Region::list`: the record behind an entry is initialised.
        let span = NonNull::new(entry.load(Ordering::Acquire))?;
        // SAFETY: entries lead to records, which are type-stable; those of a static's arena are never unmapped.
        Some(unsafe { span.as_ref() })
    }

    /// The class of the slab that covers `address`, if a block of it starts there that was handed out and, if it is free, is
    /// marked so. `reciprocals` has an entry a class: see [`reciprocal`].
    #[inline(always)]
    pub(crate) fn class_at(&self, address: usize, reciprocals: &[u64]) -> Option<usize> {
        let record = self.record_at(address)?;
        if record.kind() != Kind::Slab {
            return None;
        }
        let class = record.class();
        // Without a header the first block starts where the span does.
        let offset = address.wrapping_sub(record.start());
        // SAFETY: a slab's class has an entry.
        let reciprocal = unsafe { *reciprocals.get_unchecked(class) };
        (offset < record.marked_bytes() && index_of_start(offset, reciprocal).is_some())
            .then_some(class)
    }
}

/// Index of the block that starts at `offset` in a slab, if one does; `reciprocal` is that of its stride.
#[inline(always)]
pub(crate) fn index_of_start(offset: usize, reciprocal: u64) -> Option<usize> {
    let product = u128::from(reciprocal) * offset as u128;
    ((product as u64) < reciprocal).then_some((product >> u64::BITS) as usize)
}

/// 2⁶⁴ / `stride`, rounded up: an offset within a slab is a multiple of `stride` exactly if their product, modulo 2⁶⁴, is
/// less (Lemire, Kaser and Kurz, "Faster remainder by direct computation", 2019), and the rest of the product is the
/// multiple. It is so as long as the offset times the stride stays below 2⁶⁴; 0, which no product is less than, where it
/// might not.
pub(crate) const fn reciprocal(stride: usize) -> u64 {
    if stride >= 1 << 31 {
        return 0;
    }
    u64::MAX / stride as u64 + 1
}
