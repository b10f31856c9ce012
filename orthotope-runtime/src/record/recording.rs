//! All that is recorded of a process: the slots, what they held at the peak, and who is sampled.
//!
//! Owns the mapping and the snapshots. Live bytes are known to within what each thread may leave untold, a
//! thousandth of the peak; a snapshot is taken whenever they exceed the last one's by a hundredth, so that there
//! are about 230 of them for each tenfold growth.

#[cfg(not(loom))]
use core::ptr::NonNull;
#[cfg(not(loom))]
use std::io;

use super::sample::{RATE, Samples};
use super::slot::{BINS, Count, Counts, GROUP, SLOTS, Slot};
use crate::profile::{Bin, EXACT_BYTES, MOST, bin_limit};
use crate::sync::{AtomicI64, AtomicU32, AtomicUsize, Ordering};
#[cfg(not(loom))]
use crate::sys::{Os, PAGE_MAX, process_id};

/// A model has one process.
#[cfg(loom)]
fn process_id() -> u32 {
    1
}

/// Least change of what is live that a thread tells.
const LEAST_TOLD: i64 = 1 << 10;

/// What was live in one bin at the peak.
struct Peak {
    blocks: AtomicI64,
    bytes: AtomicI64,
}

/// A number that many threads change, apart from those that they only read.
#[repr(align(128))]
struct Apart<T>(T);

/// Adds to a number that the busy thread alone changes.
fn add(number: &AtomicI64, more: i64) {
    let sum = number.load(Ordering::Relaxed).wrapping_add(more);
    number.store(sum, Ordering::Relaxed);
}

/// A recording. All zero is an empty one, but for the places of its slots.
pub(crate) struct Recording {
    /// What a thread may leave untold.
    due: AtomicI64,
    /// Live bytes that call for the next snapshot.
    next: AtomicI64,
    /// Live bytes, as far as they were told.
    live: Apart<AtomicI64>,
    /// 0, or the id of the process of which a thread takes a snapshot: a forked child takes over what its parent's
    /// threads were at.
    busy: AtomicU32,
    /// Slots ever taken, the shared one included.
    opened: AtomicUsize,
    threads: AtomicUsize,
    most_threads: AtomicUsize,
    /// Sum of the peak's bytes.
    peak_bytes: AtomicI64,
    peak: [Peak; BINS],
    samples: Samples,
    slots: [Slot; SLOTS],
}

impl Recording {
    /// What a mapping gives, a model has to make.
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self {
            due: AtomicI64::new(0),
            next: AtomicI64::new(0),
            live: Apart(AtomicI64::new(0)),
            busy: AtomicU32::new(0),
            opened: AtomicUsize::new(0),
            threads: AtomicUsize::new(0),
            most_threads: AtomicUsize::new(0),
            peak_bytes: AtomicI64::new(0),
            peak: core::array::from_fn(|_| Peak {
                blocks: AtomicI64::new(0),
                bytes: AtomicI64::new(0),
            }),
            samples: Samples::new(),
            slots: core::array::from_fn(|_| Slot::new()),
        }
    }

    /// Maps an empty recording; its memory is used as it is touched.
    #[cfg(not(loom))]
    pub(crate) fn map(os: &dyn Os) -> io::Result<&'static Self> {
        let bytes = size_of::<Self>().next_multiple_of(PAGE_MAX);
        let place: NonNull<Self> = os.map(bytes)?.cast();
        // SAFETY: the mapping is as long, page-aligned, never unmapped, and zero, which is a valid value of every field.
        let recording = unsafe { place.as_ref() };
        recording.begin();
        Ok(recording)
    }

    /// Makes of a zero recording an empty one, in its place for good.
    pub(crate) fn begin(&self) {
        self.due.store(LEAST_TOLD, Ordering::Relaxed);
        self.opened.store(1, Ordering::Relaxed);
        self.slots[0].place(self, 0);
    }

    /// Where threads count that have no slot of their own.
    pub(crate) fn shared(&self) -> &Slot {
        &self.slots[0]
    }

    pub(crate) fn samples(&self) -> &Samples {
        &self.samples
    }

    /// A slot for the calling thread: its own until it is left, or the shared one.
    pub(crate) fn claim(&self) -> &Slot {
        let opened = self.opened.load(Ordering::Relaxed);
        let free = (1..SLOTS).find(|&index| self.slots[index].take());
        let Some(index) = free else {
            return self.shared();
        };
        let slot = &self.slots[index];
        if index >= opened {
            slot.place(self, index);
            // Nobody but those who take it asks for a slot's place.
            self.opened.fetch_max(index + 1, Ordering::Relaxed);
        }
        let threads = 1 + self.threads.fetch_add(1, Ordering::Relaxed);
        self.most_threads.fetch_max(threads, Ordering::Relaxed);
        slot
    }

    /// Ends [`claim`](Self::claim).
    pub(crate) fn leave(&self, slot: &Slot) {
        self.threads.fetch_sub(1, Ordering::Relaxed);
        slot.give();
    }

    /// Whether a thread that has left so many bytes untold must tell them.
    #[inline]
    pub(crate) fn is_due(&self, untold: i64) -> bool {
        untold.unsigned_abs() as i64 >= self.due.load(Ordering::Relaxed)
    }

    /// Adds to what is live, and takes a snapshot if that is a new peak.
    pub(crate) fn tell(&self, bytes: i64) {
        let live = bytes + self.live.0.fetch_add(bytes, Ordering::Relaxed);
        if live > self.next.load(Ordering::Relaxed)
            && let Some(_busy) = self.try_busy()
            // Others may have taken a higher one meanwhile, and freed since.
            && self.live.0.load(Ordering::Relaxed) > self.next.load(Ordering::Relaxed)
        {
            self.snapshot();
        }
    }

    /// Becomes the thread that takes a snapshot, unless another one is.
    pub(super) fn try_busy(&self) -> Option<Busy<'_>> {
        let me = process_id();
        let holder = self.busy.load(Ordering::Relaxed);
        // Acquire pairs with the Release in `Busy::drop`.
        let taken = holder != me
            && self
                .busy
                .compare_exchange(holder, me, Ordering::Acquire, Ordering::Relaxed)
                .is_ok();
        taken.then(|| Busy(self))
    }

    fn open(&self) -> &[Slot] {
        &self.slots[..self.opened.load(Ordering::Relaxed)]
    }

    /// Keeps what is live as the peak. The caller is the busy thread.
    fn snapshot(&self) {
        for bin in self.used() {
            self.peak[bin].blocks.store(0, Ordering::Relaxed);
            self.peak[bin].bytes.store(0, Ordering::Relaxed);
        }
        // Slot by slot: most threads use few bins.
        for slot in self.open() {
            for (bin, counts) in slot.all_counts() {
                let Peak { blocks, bytes } = &self.peak[bin];
                add(blocks, counts.live());
                add(bytes, counts.bytes.get() as i64);
            }
        }
        let mut sum = 0_i64;
        for bin in self.used() {
            // Others go on counting: what was seen freed before it was seen handed out is none.
            let Peak { blocks, bytes } = &self.peak[bin];
            blocks.store(blocks.load(Ordering::Relaxed).max(0), Ordering::Relaxed);
            bytes.store(bytes.load(Ordering::Relaxed).max(0), Ordering::Relaxed);
            sum = sum.saturating_add(bytes.load(Ordering::Relaxed));
        }
        self.peak_bytes.store(sum, Ordering::Relaxed);
        let step = LEAST_TOLD.max(sum / 100);
        self.next.store(sum.saturating_add(step), Ordering::Relaxed);
        self.due.store(LEAST_TOLD.max(sum >> 10), Ordering::Relaxed);
    }

    /// The bins that may have been used, ascending.
    fn used(&self) -> impl Iterator<Item = usize> {
        let groups = self.open().iter().fold(0, |used, slot| used | slot.used());
        (0..BINS).filter(move |bin| groups >> (bin / GROUP) & 1 == 1)
    }

    fn counts(&self, bin: usize) -> impl Iterator<Item = &Counts> {
        self.open().iter().filter_map(move |slot| slot.counts(bin))
    }

    /// Before the recording is read: if more is live than at the last snapshot, this is the peak. The caller is the busy
    /// thread.
    pub(crate) fn settle(&self) {
        let live = self
            .open()
            .iter()
            .flat_map(Slot::all_counts)
            .fold(0, |sum: i64, (_, counts)| {
                sum.wrapping_add(counts.bytes.get() as i64)
            });
        if live > self.peak_bytes.load(Ordering::Relaxed) {
            self.snapshot();
        }
    }

    /// Bytes of the peak.
    #[cfg(loom)]
    pub(crate) fn peak_bytes(&self) -> i64 {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    /// Most threads that counted at the same time, and at least the one that asks.
    pub(crate) fn threads(&self) -> u64 {
        self.most_threads.load(Ordering::Relaxed).max(1) as u64
    }

    /// The bins that were used, ascending.
    pub(crate) fn bins(&self) -> impl Iterator<Item = Bin> {
        self.used().filter_map(|bin| self.bin(bin))
    }

    fn bin(&self, bin: usize) -> Option<Bin> {
        let sum = |field: fn(&Counts) -> &Count| -> u64 {
            self.counts(bin)
                .fold(0, |sum, counts| sum + field(counts).get())
        };
        let most = |field: fn(&Counts) -> &Count| -> usize {
            self.counts(bin)
                .map(|counts| field(counts).get() as usize)
                .max()
                .unwrap_or(0)
        };
        let allocations = sum(|counts| &counts.allocations);
        if allocations == 0 {
            return None;
        }
        let size = if bin_limit(bin) <= EXACT_BYTES {
            bin_limit(bin)
        } else {
            most(|counts| &counts.largest)
                .next_multiple_of(8)
                .min(bin_limit(bin))
        };
        let frees = sum(|counts| &counts.frees);
        let peak = self.peak[bin].blocks.load(Ordering::Relaxed) as u64;
        let peak_bytes = self.peak[bin].bytes.load(Ordering::Relaxed) as u64;
        Some(Bin {
            size,
            allocations,
            live: allocations.saturating_sub(frees),
            peak,
            // Blocks and bytes are not read at the same moment.
            peak_bytes: peak_bytes.min(peak.saturating_mul(size as u64)).min(MOST),
            align: most(|counts| &counts.align).max(8),
            aligned: sum(|counts| &counts.aligned),
            reallocs: sum(|counts| &counts.reallocs),
            remote_frees: sum(|counts| &counts.remote).saturating_mul(RATE).min(frees),
        })
    }
}

/// The right to take a snapshot.
pub(super) struct Busy<'a>(&'a Recording);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        // Release pairs with the Acquire in `try_busy`.
        self.0.busy.store(0, Ordering::Release);
    }
}
