//! Where one thread counts.
//!
//! Invariants: a slot but the shared one is written by the thread that claimed it, alone; others read it, so that all
//! is atomic, but nothing is ordered: a reader sees each number as it was at some time. Modelled in
//! `models::of_recording`.

#[cfg(not(loom))]
use core::cell::UnsafeCell;
#[cfg(not(loom))]
use core::mem::MaybeUninit;

use super::Recording;
use crate::profile::{self, EXACT_BYTES, bin_of};
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
#[cfg(not(loom))]
use crate::sys::AtExit;

/// Threads that may count on their own at the same time, and the slot that all others share. A model has one of each.
pub(crate) const SLOTS: usize = if cfg!(loom) { 2 } else { 512 };

/// Bins of a slot: the profile's; a model has the first.
pub(super) const BINS: usize = if cfg!(loom) { 1 } else { profile::BINS };

/// Bins that share the bit that says whether one was used.
pub(super) const GROUP: usize = 64;

/// Alignments up to this are what every allocator gives; Rust programs ask for 1 to 16.
const USUAL_ALIGN: usize = 16;

/// What happens to a block.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    size: usize,
    /// 0 for a free.
    align: usize,
    reallocated: bool,
}

impl Event {
    #[inline]
    pub(crate) fn allocation(size: usize, align: usize) -> Self {
        Self {
            size,
            align,
            reallocated: false,
        }
    }

    #[inline]
    pub(crate) fn reallocation(size: usize, align: usize) -> Self {
        Self {
            size,
            align,
            reallocated: true,
        }
    }

    #[inline]
    pub(crate) fn free(size: usize) -> Self {
        Self {
            size,
            align: 0,
            reallocated: false,
        }
    }

    #[inline]
    pub(crate) fn is_free(self) -> bool {
        self.align == 0
    }

    /// The request rounded up to 8 bytes.
    #[inline]
    fn rounded(self) -> u64 {
        (self.size as u64).saturating_add(7) & !7
    }

    /// How the event changes what is live.
    #[inline]
    pub(crate) fn bytes(self) -> i64 {
        // No object of a program has more than `isize::MAX` bytes.
        let bytes = self.rounded() as i64;
        if self.is_free() { -bytes } else { bytes }
    }
}

/// A number that one thread changes, or all threads do.
#[derive(Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Adds, and returns what was there before. Wraps, as differences do.
    #[inline]
    fn add(&self, more: u64, shared: bool) -> u64 {
        if shared {
            return self.0.fetch_add(more, Ordering::Relaxed);
        }
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before.wrapping_add(more), Ordering::Relaxed);
        before
    }

    #[cold]
    fn raise(&self, to: u64) {
        self.0.fetch_max(to, Ordering::Relaxed);
    }
}

/// What one thread did in one bin: a cache line, so that an event touches no other.
#[cfg_attr(loom, derive(Default))]
#[repr(align(64))]
pub(super) struct Counts {
    pub(crate) allocations: Count,
    pub(crate) frees: Count,
    /// Bytes asked for less bytes freed, each rounded up to 8; wraps where more was freed.
    pub(crate) bytes: Count,
    /// Largest request, of the bins that hold several sizes.
    pub(crate) largest: Count,
    /// Largest alignment above the usual.
    pub(crate) align: Count,
    /// Blocks for such.
    pub(crate) aligned: Count,
    pub(crate) reallocs: Count,
    /// Sampled blocks that another thread had asked for.
    pub(crate) remote: Count,
}

impl Counts {
    /// Blocks handed out less blocks freed; negative where others' blocks were.
    pub(crate) fn live(&self) -> i64 {
        self.allocations.get().wrapping_sub(self.frees.get()) as i64
    }
}

/// Where one thread counts. All zero is an empty one.
#[repr(C)]
pub(crate) struct Slot {
    recording: AtomicPtr<Recording>,
    index: AtomicU32,
    /// 1 while a thread has it.
    taken: AtomicU32,
    /// A bit for each [`GROUP`] of bins of which one was used: memory that was never written need not be read.
    used: AtomicU64,
    #[cfg(not(loom))]
    hook: UnsafeCell<MaybeUninit<AtExit>>,
    bins: [Counts; BINS],
}

// SAFETY: the hook is touched by the thread that has the slot alone; everything else is atomic.
unsafe impl Sync for Slot {}

const _: () = assert!(
    BINS.div_ceil(GROUP) <= 64,
    "a word has a bit for each group"
);

impl Slot {
    /// What is zero in a mapping, a model has to make.
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self {
            recording: AtomicPtr::new(core::ptr::null_mut()),
            index: AtomicU32::new(0),
            taken: AtomicU32::new(0),
            used: AtomicU64::new(0),
            bins: core::array::from_fn(|_| Counts::default()),
        }
    }

    /// Tells the slot where it is.
    pub(crate) fn place(&self, recording: &Recording, index: usize) {
        self.index.store(index as u32, Ordering::Relaxed);
        self.recording
            .store(core::ptr::from_ref(recording).cast_mut(), Ordering::Relaxed);
    }

    /// Takes the slot for the calling thread, if it is free.
    pub(crate) fn take(&self) -> bool {
        // Acquire pairs with the Release in `give`: we go on from the last thread's counts.
        self.taken
            .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    pub(crate) fn give(&self) {
        // Release pairs with the Acquire in `take`.
        self.taken.store(0, Ordering::Release);
    }

    #[inline]
    pub(crate) fn recording(&self) -> &Recording {
        // SAFETY: a slot in use was placed in its recording, which is never unmapped.
        unsafe { &*self.recording.load(Ordering::Relaxed) }
    }

    #[inline]
    pub(crate) fn index(&self) -> u32 {
        self.index.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn is_shared(&self) -> bool {
        self.index() == 0
    }

    #[cfg(not(loom))]
    pub(super) fn hook(&self) -> *mut MaybeUninit<AtExit> {
        self.hook.get()
    }

    #[inline]
    pub(crate) fn count(&self, event: Event) {
        let bin = bin_of(event.size);
        let counts = &self.bins[bin];
        let shared = self.is_shared();
        let first = if event.is_free() {
            counts.bytes.add(event.rounded().wrapping_neg(), shared);
            counts.frees.add(1, shared)
        } else {
            counts.bytes.add(event.rounded(), shared);
            if event.reallocated {
                counts.reallocs.add(1, shared);
            }
            if event.align > USUAL_ALIGN {
                counts.aligned.add(1, shared);
                counts.align.raise(event.align as u64);
            }
            if event.size > EXACT_BYTES && event.size as u64 > counts.largest.get() {
                counts.largest.raise(event.size as u64);
            }
            counts.allocations.add(1, shared)
        };
        if first == 0 {
            self.first_slow(bin);
        }
    }

    #[cold]
    #[inline(never)]
    fn first_slow(&self, bin: usize) {
        self.used.fetch_or(1 << (bin / GROUP), Ordering::Relaxed);
    }

    pub(super) fn count_remote(&self, event: Event) {
        self.bins[bin_of(event.size)]
            .remote
            .add(1, self.is_shared());
    }

    /// A bit for each group of bins of which one was used.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The counts of all bins that may have been used, ascending.
    pub(super) fn all_counts(&self) -> impl Iterator<Item = (usize, &Counts)> {
        let used = self.used();
        (0..BINS.div_ceil(GROUP))
            .filter(move |group| used >> group & 1 == 1)
            .flat_map(|group| group * GROUP..BINS.min((group + 1) * GROUP))
            .map(|bin| (bin, &self.bins[bin]))
    }

    /// The counts of a bin, unless none of its neighbours was ever used.
    pub(super) fn counts(&self, bin: usize) -> Option<&Counts> {
        let used = self.used() >> (bin / GROUP) & 1 == 1;
        used.then(|| &self.bins[bin])
    }
}
