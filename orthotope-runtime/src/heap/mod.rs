//! The sampled heap profile: which live blocks were picked, how large they are, and who asked for them.
//!
//! Owns, for each allocator, the table of picked blocks, and for each thread the countdown to its next one. Knows nothing
//! of how blocks are made: `global` asks here before it serves a request and before it frees a block.
//!
//! Invariants:
//!
//! - A request of `size` bytes is picked with the probability `1 - exp(-size / interval)`, whatever was picked before: the
//!   distance to the next pick is exponential, and what is left of it does not remember how long it was.
//! - A block is in the table from before it is handed out until it is given up. `pages` counts the table's blocks by
//!   their page, so that a free of any other block costs one load.
//! - Nothing here asks the watched allocator for memory: the table is a mapping. A stack is unwound before the table's lock
//!   is taken, and while it is, the thread picks nothing: what an unwinder allocates is served as usual.
//! - Whoever holds the table's lock waits for nothing. A thread that a signal interrupted while it held it notes what it
//!   frees in `forgotten`, for the next holder to remove.
//!
//! Read on in this order: here, `sampler`, `unwind`, `table`, `stacks`, `snapshot`, `exit`.

mod exit;
mod sampler;
mod snapshot;
mod stacks;
mod table;
#[cfg(test)]
mod tests;
mod unwind;

use core::ffi::CStr;
use core::ops::ControlFlow;
use core::ptr;

pub(crate) use sampler::Sampler;
pub use snapshot::{Snapshot, Stack};
pub(crate) use table::Sample;
use table::{Mapped, Table};

pub use crate::sys::{Object, objects};

use crate::sync::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use crate::sys::{Lock, LockWord, environment, errno, set_errno};

/// Bytes between two samples on average, unless somebody says otherwise.
pub const INTERVAL: usize = 512 << 10;
/// The variable that names the interval in bytes; 0 takes no samples.
const INTERVAL_VARIABLE: &CStr = c"ORTHOTOPE_HEAP_SAMPLE";
/// The variable that asks for a profile at the end of the process.
pub const PROFILE_VARIABLE: &CStr = c"ORTHOTOPE_HEAP_PROFILE";

/// No interval was chosen yet.
const UNSET: usize = 0;
/// No samples are taken.
const OFF: usize = usize::MAX;

/// A page of the filter: 4 KiB, so that blocks that are freed together mostly share one.
const PAGE_BITS: u32 = 12;
/// Counters of the filter: pages that are 4 GiB apart share one, so that its number takes one shift.
const PAGES: usize = 1 << (u32::BITS - PAGE_BITS);
/// Frees that a holder of the lock may be interrupted by.
const FORGOTTEN: usize = 8;

/// An allocator's samples.
pub(crate) struct Heap {
    /// Blocks of the table by page; 255 stays.
    pages: [AtomicU8; PAGES],
    /// [`UNSET`], [`OFF`], or bytes.
    interval: AtomicUsize,
    started: AtomicBool,
    /// The next of all that have started.
    next: AtomicPtr<Heap>,
    /// The table, once there is one; its `addresses` are read without the lock.
    mapped: AtomicPtr<Mapped>,
    /// Held by whoever touches the table.
    lock: Lock<()>,
    /// Addresses to be removed by the lock's next holder; 0 is none.
    forgotten: [AtomicUsize; FORGOTTEN],
}

/// All that have started, latest first.
static FIRST: AtomicPtr<Heap> = AtomicPtr::new(ptr::null_mut());

impl Heap {
    pub(crate) const fn new() -> Self {
        Self {
            pages: [const { AtomicU8::new(0) }; PAGES],
            interval: AtomicUsize::new(UNSET),
            started: AtomicBool::new(false),
            next: AtomicPtr::new(ptr::null_mut()),
            mapped: AtomicPtr::new(ptr::null_mut()),
            lock: Lock::new(()),
            forgotten: [const { AtomicUsize::new(0) }; FORGOTTEN],
        }
    }

    /// Whether the block at `address` may be in the table.
    ///
    /// Relaxed will do: whoever frees a block was handed it, and saw what was done before.
    #[inline(always)]
    pub(crate) fn may_hold(&self, address: usize) -> bool {
        self.page(address).load(Ordering::Relaxed) != 0
    }

    #[inline(always)]
    fn page(&self, address: usize) -> &AtomicU8 {
        &self.pages[(address as u32 >> PAGE_BITS) as usize]
    }

    /// Bytes between two samples on average; `None` if none are taken.
    pub(crate) fn interval(&self) -> Option<usize> {
        match self.interval.load(Ordering::Relaxed) {
            UNSET => Some(INTERVAL),
            OFF => None,
            bytes => Some(bytes),
        }
    }

    /// Sets it; 0 takes no samples.
    pub(crate) fn set_interval(&self, bytes: usize) {
        self.interval.store(stored(bytes), Ordering::Relaxed);
    }

    /// Reads what the environment says, and puts the heap on the list of all: once, by whoever comes first.
    pub(crate) fn start(&'static self, write_at_exit: Option<extern "C" fn()>) {
        if self.started.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(bytes) = environment(INTERVAL_VARIABLE).and_then(number) {
            // Unless the program has chosen one itself.
            let _ = self.interval.compare_exchange(
                UNSET,
                stored(bytes),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
        let mut first = FIRST.load(Ordering::Relaxed);
        loop {
            self.next.store(first, Ordering::Relaxed);
            // Release pairs with the Acquire in `each`: who finds the heap finds its successor.
            match FIRST.compare_exchange(
                first,
                ptr::from_ref(self).cast_mut(),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(other) => first = other,
            }
        }
        if let Some(write) = write_at_exit {
            exit::write_with(write);
        }
    }

    /// Puts a block that is about to be handed out in the table, with the stack of whoever asked for it.
    #[inline(never)]
    pub(crate) fn record(&self, block: *mut u8, size: usize, interval: usize) {
        let number = errno();
        let trace = unwind::Trace::here();
        let sample = Sample::of(block.addr(), size, interval);
        self.with_table(true, |table| {
            if let Some(old) = table.take(sample.address) {
                self.drop_counts(old.address);
            }
            if table.put(sample, trace.frames()) {
                self.add_counts(sample.address);
            }
        });
        set_errno(number);
    }

    /// Takes the block at `address` out of the table.
    pub(crate) fn take(&self, address: usize) -> Option<Sample> {
        let mapped = self.mapped()?;
        if mapped.address(address).load(Ordering::Relaxed) == 0 {
            return None;
        }
        let number = errno();
        let taken = if self.lock.word().is_mine() {
            self.forget_later(address);
            None
        } else {
            self.with_table(false, |table| table.take(address))
                .flatten()
                .inspect(|sample| self.drop_counts(sample.address))
        };
        set_errno(number);
        taken
    }

    /// Puts back what was taken out of the table: the block was not freed after all.
    pub(crate) fn restore(&self, sample: Sample) {
        let number = errno();
        self.with_table(false, |table| {
            if table.restore(sample) {
                self.add_counts(sample.address);
            }
        });
        set_errno(number);
    }

    fn mapped(&self) -> Option<&Mapped> {
        // Acquire pairs with the Release in `with_table`: who sees the mapping sees that it is whole.
        let mapped = self.mapped.load(Ordering::Acquire);
        // SAFETY: null, or a mapping that is never unmapped.
        unsafe { mapped.as_ref() }
    }

    /// Calls `visit` with the table, mapped if `map` says so; `None` if there is none, or this thread is at it already.
    fn with_table<R>(&self, map: bool, visit: impl FnOnce(&mut Table) -> R) -> Option<R> {
        if self.lock.word().is_mine() {
            return None;
        }
        let _held = self.lock.lock();
        let mapped = match self.mapped() {
            Some(mapped) => mapped,
            None if map => {
                let mapped = Mapped::map()?;
                self.mapped
                    .store(ptr::from_ref(mapped).cast_mut(), Ordering::Release);
                mapped
            }
            None => return None,
        };
        // SAFETY: the lock is held, and nobody else makes a reference to the table.
        let table = unsafe { &mut *mapped.table() };
        for place in &self.forgotten {
            let address = place.swap(0, Ordering::Relaxed);
            if address != 0 && table.take(address).is_some() {
                self.drop_counts(address);
            }
        }
        Some(visit(table))
    }

    /// Notes an address for the lock's next holder. Without room its sample stays, until the address is picked again.
    fn forget_later(&self, address: usize) {
        let free = |place: &&AtomicUsize| {
            place
                .compare_exchange(0, address, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        let _ = self.forgotten.iter().find(free);
    }

    /// The lock is held by whoever adds; whoever drops may be late.
    fn add_counts(&self, address: usize) {
        step(self.page(address), 1);
        if let Some(mapped) = self.mapped() {
            step(mapped.address(address), 1);
        }
    }

    fn drop_counts(&self, address: usize) {
        step(self.page(address), -1);
        if let Some(mapped) = self.mapped() {
            step(mapped.address(address), -1);
        }
    }
}

/// Counts up or down; what has reached the end stays there.
fn step(counter: &AtomicU8, by: i8) {
    let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
        (count != u8::MAX).then(|| count.saturating_add_signed(by))
    });
}

fn stored(bytes: usize) -> usize {
    if bytes == 0 { OFF } else { bytes }
}

/// A decimal number, the whole of the text.
fn number(text: &CStr) -> Option<usize> {
    let digits = text.to_str().ok()?;
    digits.parse().ok()
}

/// Every heap that has started.
fn each() -> impl Iterator<Item = &'static Heap> {
    // Acquire pairs with the Release in `start`, of the first and of all before it: each has exchanged what the one before
    // it stored, so their successors are seen as well.
    let mut next = FIRST.load(Ordering::Acquire);
    core::iter::from_fn(move || {
        // SAFETY: null, or a static.
        let heap: &'static Heap = unsafe { next.as_ref() }?;
        next = heap.next.load(Ordering::Relaxed);
        Some(heap)
    })
}

/// What all allocators of the process hold, each by itself.
pub fn snapshots() -> Vec<Snapshot> {
    each().map(Heap::snapshot).collect()
}

/// Calls `visit` with what a fork sees of every table's lock. Whoever holds one waits for nothing.
pub(crate) fn each_word<B>(visit: &mut dyn FnMut(&LockWord) -> ControlFlow<B>) -> ControlFlow<B> {
    each().try_for_each(|heap| visit(heap.lock.word()))
}
