//! The span: a run of granules, and the record that describes it.
//!
//! Records are type-stable: memory that was once a [`Span`] stays one until the arena is unmapped,
//! so that a stale directory entry leads to a record that says "not here" instead of to garbage.

use core::cell::UnsafeCell;
use core::ptr::{self, NonNull};

use crate::class::MAX_CLASSES;
use crate::sync::{AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering};

/// Bytes of a granule, the unit of the page directory. A constant, so that the shift folds; a
/// multiple of every page size.
pub(crate) const GRANULE: usize = 64 << 10;

/// What a span is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The record describes nothing.
    Dead,
    /// Free, uncharged.
    Free,
    /// A freed large block that still is charged to the budget.
    Pooled,
    /// Cut into blocks of one class.
    Slab,
    /// One large block.
    Large,
    /// A freed large block that waits in a lane for a request of its size. Charged, and counted as live.
    Parked,
}

/// A run of granules.
///
/// The first fields identify the span and are all that an unsized free reads. They are written
/// under the arena's lock and read without: a reader that holds a live block of the span sees what
/// was stored before the block was handed out; any other reader gets some value of the past, and is
/// refused or served by what it says.
#[repr(C, align(64))]
pub(crate) struct Span {
    start: AtomicUsize,
    granules: AtomicU32,
    kind: AtomicU8,
    class: AtomicU8,
    /// Start of the first payload.
    pub(super) first: AtomicPtr<u8>,
    /// Large: bytes requested. Slab: bytes from its start on of which every free block tells that it is free.
    requested: AtomicUsize,
    /// Bytes charged to the budget.
    charge: AtomicUsize,
    /// The arena's own, under its lock.
    pub(super) place: UnsafeCell<Place>,
    /// Its slab's, under the lock of the class.
    slab: UnsafeCell<SlabState>,
    /// Where a slab's blocks have words of their own, those, null while there is no slab. Otherwise the bits of a slab of
    /// so few blocks that they fit here, under the same lock. Which of the two it is never changes within an arena.
    words: AtomicPtr<AtomicU32>,
}

/// What the arena knows of a span.
pub(super) struct Place {
    /// Neighbours in the list of free spans of about this size.
    pub(super) next: *mut Span,
    pub(super) prev: *mut Span,
    /// Index of the region.
    pub(super) region: u8,
    /// Every granule's directory entry leads here, not only the first and the last.
    pub(super) listed: bool,
    /// Split off the span before it, which it rejoins once both are free.
    pub(super) tail: bool,
    /// Its whole huge pages are advised (see `huge`).
    pub(super) advised: bool,
}

/// What a slab knows of its blocks.
pub(crate) struct SlabState {
    /// Neighbours in the class's list of slabs with free blocks.
    pub(crate) next: *mut Span,
    pub(crate) prev: *mut Span,
    /// A bit a block, set while the block lies free in the slab.
    pub(crate) bits: *mut u64,
    /// Blocks charged to the budget: `carved <= granted <= capacity`, and the span's charge is `granted * stride`.
    pub(crate) granted: u32,
    /// Blocks handed out at least once: those before this index.
    pub(crate) carved: u32,
    /// Bits set; `free <= carved`.
    pub(crate) free: u32,
    /// No bit is set in words before this one.
    pub(crate) hint: u32,
    /// An [`Age`](super::Age) a page.
    pub(crate) ages: *mut u8,
    /// Pages whose age is not `USED`: those that whoever takes blocks has to look at.
    pub(crate) spare_pages: u32,
    /// Pages of it were marked or given back: what stood in the headers of free blocks may be gone.
    pub(crate) purged: bool,
    /// Which of the class's lists the slab is in.
    pub(crate) list: Option<u8>,
}

impl Span {
    /// A record that describes nothing yet.
    pub(super) fn dead() -> Self {
        Self {
            start: AtomicUsize::new(0),
            granules: AtomicU32::new(0),
            kind: AtomicU8::new(Kind::Dead as u8),
            class: AtomicU8::new(0),
            first: AtomicPtr::new(ptr::null_mut()),
            requested: AtomicUsize::new(0),
            charge: AtomicUsize::new(0),
            place: UnsafeCell::new(Place {
                next: ptr::null_mut(),
                prev: ptr::null_mut(),
                region: 0,
                listed: false,
                tail: false,
                advised: false,
            }),
            words: AtomicPtr::new(ptr::null_mut()),
            slab: UnsafeCell::new(SlabState {
                next: ptr::null_mut(),
                prev: ptr::null_mut(),
                bits: ptr::null_mut(),
                granted: 0,
                carved: 0,
                free: 0,
                hint: 0,
                ages: ptr::null_mut(),
                spare_pages: 0,
                purged: false,
                list: None,
            }),
        }
    }

    /// Address of the first byte.
    #[inline]
    pub(crate) fn start(&self) -> usize {
        self.start.load(Ordering::Relaxed)
    }

    /// Length in granules.
    #[inline]
    pub(crate) fn granules(&self) -> usize {
        self.granules.load(Ordering::Relaxed) as usize
    }

    /// Length in bytes.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.granules() * GRANULE
    }

    /// What it is used for.
    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        // Acquire pairs with the Release in `set_kind` and `change_kind`: who sees a slab sees its class.
        match self.kind.load(Ordering::Acquire) {
            1 => Kind::Free,
            2 => Kind::Pooled,
            3 => Kind::Slab,
            4 => Kind::Large,
            5 => Kind::Parked,
            _ => Kind::Dead,
        }
    }

    /// Slab: index of the class.
    #[inline]
    pub(crate) fn class(&self) -> usize {
        self.class.load(Ordering::Relaxed) as usize
    }

    /// Payload of the first block of a slab, or of the large block. Derived from the region's base.
    #[inline]
    pub(crate) fn first(&self) -> *mut u8 {
        self.first.load(Ordering::Relaxed)
    }

    /// Large: bytes requested.
    #[inline]
    pub(crate) fn requested(&self) -> usize {
        self.requested.load(Ordering::Relaxed)
    }

    /// Slab: bytes from its start on that were handed out as blocks, none of them given back to the system since: what
    /// free blocks there are marked with stands in them still.
    #[inline]
    pub(super) fn marked_bytes(&self) -> usize {
        self.requested.load(Ordering::Relaxed)
    }

    /// Slab: says so. Under the lock of its class.
    pub(crate) fn set_marked_bytes(&self, bytes: usize) {
        self.requested.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn set_range(&self, start: usize, granules: usize) {
        self.start.store(start, Ordering::Relaxed);
        debug_assert!(u32::try_from(granules).is_ok(), "no region is longer");
        self.granules.store(granules as u32, Ordering::Relaxed);
    }

    pub(super) fn set_class(&self, class: usize) {
        debug_assert!(class < MAX_CLASSES);
        self.class.store(class as u8, Ordering::Relaxed);
    }

    pub(super) fn set_kind(&self, kind: Kind) {
        // Release pairs with the Acquire in `kind` and `change_kind`: who sees the kind sees what the span was made.
        self.kind.store(kind as u8, Ordering::Release);
    }

    /// Makes a span of one kind one of another; `false` if it is not of that kind. Of two that try, one does.
    pub(super) fn change_kind(&self, from: Kind, to: Kind) -> bool {
        // Release pairs with the Acquire here and in `kind`, Acquire with the Release here and in `set_kind`: whoever
        // leaves the span publishes what it did to it, and whoever takes it sees that.
        self.kind
            .compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Claims the live large block whose payload starts at `address`; `false` if none does. Of two that try, one does.
    pub(super) fn claim(&self, address: usize) -> bool {
        let is_its = || self.first().addr() == address;
        if !is_its() || !self.change_kind(Kind::Large, Kind::Dead) {
            return false;
        }
        // Before the exchange it may have been freed and handed out otherwise.
        if !is_its() {
            self.unclaim();
            return false;
        }
        true
    }

    /// Leaves a claimed block live.
    pub(super) fn unclaim(&self) {
        self.set_kind(Kind::Large);
    }

    /// Bytes charged to the budget.
    #[inline]
    pub(super) fn charge(&self) -> usize {
        self.charge.load(Ordering::Relaxed)
    }

    /// Written under the arena's lock.
    pub(super) fn set_charge(&self, bytes: usize) {
        self.charge.store(bytes, Ordering::Relaxed);
    }

    /// Describes a span that was taken for a slab of `class`, with its first payload at `first`.
    pub(crate) fn describe_slab(&self, class: usize, first: *mut u8) {
        self.set_class(class);
        self.first.store(first, Ordering::Relaxed);
    }

    /// Describes a span that was taken for a large block of `requested` bytes at `first`.
    pub(crate) fn describe_large(&self, requested: usize, first: *mut u8) {
        self.requested.store(requested, Ordering::Relaxed);
        self.first.store(first, Ordering::Relaxed);
    }

    /// Records another request in the same large block.
    pub(crate) fn set_requested(&self, requested: usize) {
        self.requested.store(requested, Ordering::Relaxed);
    }

    /// Room for the bits of a slab of at most 64 blocks.
    #[cfg(not(loom))]
    pub(crate) fn few_bits(&self) -> *mut u64 {
        self.words.as_ptr().cast()
    }

    /// A word for each block of a slab, where blocks have them; null while there is no slab.
    #[inline]
    pub(crate) fn words(&self) -> *mut AtomicU32 {
        // Acquire pairs with the Release in `set_words`: who finds the words finds them written.
        self.words.load(Ordering::Acquire)
    }

    pub(crate) fn set_words(&self, words: *mut AtomicU32) {
        // Release pairs with the Acquire in `words`.
        self.words.store(words, Ordering::Release);
    }

    /// The slab's counts.
    ///
    /// # Safety
    ///
    /// The caller holds the lock of the slab's class, or is the only one to know the span, and has
    /// no other reference to them.
    #[expect(
        clippy::mut_from_ref,
        reason = "the lock that excludes aliases is the caller's"
    )]
    pub(crate) unsafe fn slab(&self) -> &mut SlabState {
        // SAFETY: exclusive by the caller's promise.
        unsafe { &mut *self.slab.get() }
    }
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Span>() == 128, "two cache lines a span");
const _: () = assert!(
    size_of::<*mut AtomicU32>() == size_of::<u64>(),
    "few bits fit"
);

/// The counts of the slab in `span`.
///
/// # Safety
///
/// As for [`Span::slab`].
#[inline(always)]
pub(crate) unsafe fn slab_of<'a>(span: NonNull<Span>) -> &'a mut SlabState {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller's promise.
    unsafe { record.slab() }
}

/// The bookkeeping of a span, under the arena's lock.
///
/// # Safety
///
/// The caller holds the arena's lock and has no other reference to the same span's `Place`.
pub(super) unsafe fn place<'a>(span: NonNull<Span>) -> &'a mut Place {
    // SAFETY: records are type-stable, so the span can be read.
    let place = unsafe { (*span.as_ptr()).place.get() };
    // SAFETY: exclusive by the caller's promise.
    unsafe { &mut *place }
}
