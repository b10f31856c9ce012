//! The blocks that were picked, by address.
//!
//! One mapping, as long as it may become; its memory is used as it is touched. Samples lie side by side and are chained by
//! a hash of their address, so that few samples touch few pages. Under the heap's lock.
//!
//! Invariants: an address is in at most one chain, once; a sample below `opened` is in a chain or on the free list. Links
//! are a sample's number plus one, and 0 ends them: a mapping that is all zero is an empty table.

use core::cell::UnsafeCell;
use core::ptr::NonNull;

use super::stacks::Stacks;
use crate::sync::AtomicU8;
use crate::sys::{Os, PAGE_MAX, REAL};

/// Most blocks that are watched at a time: at an interval of 512 KiB those of 512 GiB.
const MOST_SAMPLES: usize = 1 << 20;
const CHAINS: usize = 1 << 14;
const ADDRESSES: usize = 1 << 16;

/// The mapping of a heap.
pub(super) struct Mapped {
    /// Blocks of the table by a hash of their address: what a free looks at before it takes the lock.
    addresses: [AtomicU8; ADDRESSES],
    table: UnsafeCell<Table>,
}

/// A block that was picked.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Sample {
    pub(super) address: usize,
    /// Bytes that were requested.
    pub(super) size: usize,
    /// The interval at which it was picked.
    pub(super) interval: usize,
    /// Number of its stack.
    pub(super) stack: u32,
    next: u32,
}

pub(super) struct Table {
    chains: [u32; CHAINS],
    /// The free list.
    free: u32,
    /// Samples ever used.
    opened: u32,
    /// Samples for which there was no room.
    lost: u32,
    samples: [Sample; MOST_SAMPLES],
    pub(super) stacks: Stacks,
}

impl Mapped {
    /// An empty table; `None` if the system refuses.
    pub(super) fn map() -> Option<&'static Self> {
        let bytes = size_of::<Self>().next_multiple_of(PAGE_MAX);
        let place: NonNull<Self> = REAL.map(bytes).ok()?.cast();
        // SAFETY: the mapping is as long, page-aligned, never unmapped, and zero, which is a valid value of every field.
        Some(unsafe { place.as_ref() })
    }

    /// The table, for whoever holds the heap's lock.
    pub(super) fn table(&self) -> *mut Table {
        self.table.get()
    }

    /// The counter that `address` shares with few others.
    pub(super) fn address(&self, address: usize) -> &AtomicU8 {
        &self.addresses[hash(address) % ADDRESSES]
    }
}

// SAFETY: the table is touched under its heap's lock alone, and points nowhere.
unsafe impl Sync for Mapped {}

/// The upper half of a product, in which every bit of the address has had its say (Knuth, "Sorting and Searching", 6.4).
fn hash(address: usize) -> usize {
    ((address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

impl Sample {
    /// A sample whose stack is not known yet.
    pub(super) fn of(address: usize, size: usize, interval: usize) -> Self {
        Self {
            address,
            size,
            interval,
            stack: 0,
            next: 0,
        }
    }

    /// How many blocks of its size it stands for.
    pub(super) fn weight(&self) -> f64 {
        let share = self.size.max(1) as f64 / self.interval as f64;
        // `1 - exp(-share)`, exact where the share is small.
        1.0 / -(-share).exp_m1()
    }
}

impl Table {
    /// Adds a new sample and what it stands for to its stack's sums. `false` if there is no room.
    pub(super) fn put(&mut self, mut sample: Sample, frames: &[usize]) -> bool {
        sample.stack = self.stacks.find(frames);
        self.stacks
            .add(sample.stack, sample.weight(), sample.size as f64);
        self.restore(sample)
    }

    /// Adds a sample that has its stack. `false` if there is no room.
    pub(super) fn restore(&mut self, mut sample: Sample) -> bool {
        let link = if self.free != 0 {
            let link = self.free;
            self.free = self.samples[link as usize - 1].next;
            link
        } else if (self.opened as usize) < MOST_SAMPLES {
            self.opened += 1;
            self.opened
        } else {
            self.lost = self.lost.saturating_add(1);
            return false;
        };
        let chain = &mut self.chains[hash(sample.address) % CHAINS];
        sample.next = *chain;
        self.samples[link as usize - 1] = sample;
        *chain = link;
        true
    }

    /// Removes the sample of the block at `address`.
    pub(super) fn take(&mut self, address: usize) -> Option<Sample> {
        let chain = hash(address) % CHAINS;
        let (mut before, mut link) = (0, self.chains[chain]);
        while link != 0 {
            let sample = self.samples[link as usize - 1];
            if sample.address == address {
                match before {
                    0 => self.chains[chain] = sample.next,
                    _ => self.samples[before as usize - 1].next = sample.next,
                }
                let freed = &mut self.samples[link as usize - 1];
                // Nobody's address: what is opened is copied as a whole.
                freed.address = 0;
                freed.next = self.free;
                self.free = link;
                return Some(sample);
            }
            (before, link) = (link, sample.next);
        }
        None
    }

    /// Every place that was ever used; an address of 0 says that it is free.
    pub(super) fn opened(&self) -> &[Sample] {
        &self.samples[..self.opened as usize]
    }

    /// Samples that were dropped for want of room.
    pub(super) fn lost(&self) -> u32 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::{Mapped, Sample, Table};

    fn live(table: &Table) -> usize {
        let is_live = |sample: &&Sample| sample.address != 0;
        table.opened().iter().filter(is_live).count()
    }

    #[test]
    fn what_is_put_is_taken_once() {
        let mapped = Mapped::map().expect("address space for a table");
        // SAFETY: nobody else knows the table.
        let table = unsafe { &mut *mapped.table() };
        for round in 0..3 {
            for block in 1..=10_000 {
                let sample = Sample::of(block * 64, block, 512);
                assert!(table.put(sample, &[block % 7, round]));
            }
            assert_eq!(live(table), 10_000);
            for block in (1..=10_000).rev() {
                assert_eq!(
                    table.take(block * 64).map(|sample| sample.size),
                    Some(block)
                );
                assert!(table.take(block * 64).is_none());
            }
        }
        assert_eq!((live(table), table.opened), (0, 10_000));
        // Stack 0 is there from the beginning.
        assert_eq!(table.stacks.all().len(), 22);
    }

    #[test]
    fn weights_are_inverse_probabilities() {
        assert!((Sample::of(64, 1 << 30, 1).weight() - 1.0).abs() < 1e-9);
        assert!((Sample::of(64, 1, 1 << 20).weight() - (1 << 20) as f64).abs() < 1.0);
    }
}
