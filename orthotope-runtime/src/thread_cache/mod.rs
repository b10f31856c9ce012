//! A thread's cache: per class a stack of free blocks, and what moves between it and the central pool.
//!
//! Split by temperature. [`Locals`] and its [`Bin`]s are what the fast path touches: they live in a
//! `thread_local!` of the generated code, or in a [`ThreadCache`](crate::ThreadCache). [`Cold`] is all
//! the rest, in the arena's records. Knows nothing of where spans come from.
//!
//! Read on in this order: here, `cold`, `cold_bin`, `allowance`, `leave`, `registry`, `search`, `shuffle`.
//!
//! **Uninitialised looks empty.** A bin starts with its top on a shared sentinel and its limit at null:
//! the first allocation finds no block, the first free no room, and both reach the slow path, which
//! sets the thread up. The fast path needs no test for it.
//!
//! A bin's stack occupies `base[1..]`; `base[0]` is null for good. So `*top` is the block on top, or
//! null exactly if the stack is empty.
//!
//! Invariants of a bin that is set up, checked by `Cold::validate`: `base <= top <= base + capacity`;
//! `limit = base + allowance`, the blocks that the class is allowed, none more than its limits; `base[0]` is null and no
//! other entry up to `top` is. Those of the allowances are in `allowance.rs`, with what they bound.

mod allowance;
mod cold;
mod cold_bin;
mod leave;
mod registry;
mod search;
mod shuffle;
#[cfg(any(test, fuzzing))]
mod validate;

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::{self, NonNull};

pub(crate) use cold::{Cold, capacity};
pub(crate) use registry::Registry;
pub(crate) use shuffle::push_anywhere;

use crate::arena::Lane;
use crate::block::{CountedKey, Key};
use crate::class::{HEADER_BYTES, SCALE, ScaledClass};
#[cfg(feature = "profiling")]
use crate::heap::Sampler;
use crate::sync::{AtomicPtr, Ordering};
use crate::sys;

/// Entry zero of the stack that a bin has before it has one of its own.
#[derive(Debug)]
pub struct Sentinel(*mut u8);

// SAFETY: it is null and never written: a push is refused before it gets there.
unsafe impl Sync for Sentinel {}

#[doc(hidden)]
pub static SENTINEL: Sentinel = Sentinel(ptr::null_mut());

/// One class's stack of free blocks.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Bin {
    /// The entry on top. Only the owner touches it; atomic because the compiler merges no two loads of an
    /// atomic, and so makes load, addition and store one instruction on memory.
    top: AtomicPtr<*mut u8>,
    /// The entry that a push must not go beyond.
    limit: Cell<*mut *mut u8>,
}

impl Bin {
    const fn new() -> Self {
        Self {
            top: AtomicPtr::new((&raw const SENTINEL.0).cast_mut()),
            limit: Cell::new(ptr::null_mut()),
        }
    }

    /// Takes the block on top: one load of the top, one of the block, one branch, one store.
    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<NonNull<u8>> {
        self.pop_at(self.top.load(Ordering::Relaxed))
    }

    /// The same, and has the block that is on top now in the processor's cache by the time that it is popped.
    #[inline(always)]
    pub(crate) fn pop_fetching_next(&self) -> Option<NonNull<u8>> {
        let top = self.top.load(Ordering::Relaxed);
        let block = self.pop_at(top)?;
        // SAFETY: `top` held a block, so that it is neither the sentinel nor entry zero: an entry comes before it.
        let next = unsafe { *top.sub(1) };
        sys::prefetch(next);
        Some(block)
    }

    /// Takes the block at the top, `top`.
    #[inline(always)]
    fn pop_at(&self, top: *mut *mut u8) -> Option<NonNull<u8>> {
        // SAFETY: `top` is an entry of the stack, entry zero or the sentinel: all readable.
        let block = unsafe { *top };
        self.step(-1);
        let block = NonNull::new(block);
        if block.is_none() {
            // Entry zero stays.
            self.step(1);
        }
        block
    }

    /// Puts a block on top; `false` if the cache keeps no more of them.
    #[inline(always)]
    pub(crate) fn push(&self, block: NonNull<u8>) -> bool {
        let top = self.top.load(Ordering::Relaxed);
        if top >= self.limit.get() {
            return false;
        }
        let next = top.wrapping_add(1);
        // SAFETY: `next <= limit`, which lies in the stack.
        unsafe { next.write(block.as_ptr()) };
        self.step(1);
        true
    }

    /// Whether a push would find room.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.top.load(Ordering::Relaxed) < self.limit.get()
    }

    /// Moves the top by so many entries.
    #[inline(always)]
    fn step(&self, entries: isize) {
        let top = self.top.load(Ordering::Relaxed);
        self.top
            .store(top.wrapping_offset(entries), Ordering::Relaxed);
    }
}

/// Where a thread stands with an allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// It never used it.
    Fresh,
    /// It is inside the slow path: a request that comes here now comes from something the slow path called.
    Busy,
    /// It has a cache.
    Bound,
    /// Its cache is gone, or could not be had: it works on the central pool.
    Uncached,
}

/// The head of a thread's cache: what is known without asking the engine. The bins follow it.
#[repr(C)]
#[derive(Debug)]
pub struct Locals {
    /// The home region as this thread last saw it: its base, and how many headers' lengths of it may be read.
    window: Cell<*mut u8>,
    window_headers: Cell<usize>,
    /// What the words of this cache's headers are mixed with: the secret and `owner`.
    pub(crate) key: Cell<Key>,
    /// The same for the window's blocks, by their number.
    pub(crate) window_key: Cell<CountedKey>,
    /// The number that marks this cache's blocks; 0 marks nobody's.
    pub(crate) owner: Cell<u64>,
    /// Where this thread parks freed large blocks.
    pub(crate) lane: Cell<Lane>,
    pub(crate) phase: Cell<Phase>,
    pub(crate) cold: Cell<*mut Cold>,
    #[cfg(feature = "profiling")]
    pub(crate) sampler: Sampler,
}

impl Locals {
    /// The block at `address` derived from the home region's base, and its number there, if the address is a
    /// multiple of 64 and both it and the header before it lie in what may be read of that region.
    #[inline(always)]
    pub(crate) fn in_window(&self, address: usize) -> Option<(NonNull<u8>, usize)> {
        let window = self.window.get();
        let offset = address.wrapping_sub(window.addr());
        // One comparison: rotating a multiple of 64 right by 6 divides it, anything else becomes huge. So
        // does an address below the base's first header.
        let header = offset.wrapping_sub(HEADER_BYTES);
        let place = header.rotate_right(HEADER_BYTES.trailing_zeros());
        if place >= self.window_headers.get() {
            return None;
        }
        // SAFETY: the block lies in a mapping, since the window is not empty, and no mapping starts at null.
        let block = unsafe { NonNull::new_unchecked(window.wrapping_add(offset)) };
        Some((block, place))
    }

    /// Sets the window to the first `bytes` bytes from `base` on.
    pub(crate) fn set_window(&self, base: NonNull<u8>, bytes: usize) {
        self.window.set(base.as_ptr());
        self.window_headers.set(bytes / HEADER_BYTES);
    }

    /// Makes `owner`, whose key is `key`, the one who hands out what goes through these locals. The window is set.
    pub(crate) fn own(&self, owner: u64, key: Key) {
        self.owner.set(owner);
        self.key.set(key);
        let first = self.window.get().addr() + HEADER_BYTES;
        self.window_key.set(key.from(first));
    }
}

/// A thread's cache of `N` classes, empty until its first use.
///
/// It stands in a `thread_local!` without a destructor: [`Generated`](crate::global::Generated) shows how.
///
/// ```
/// use orthotope_runtime::LocalBins;
///
/// thread_local!(static BINS: LocalBins<2> = const { LocalBins::new() });
/// let locals = BINS.with(LocalBins::locals);
/// assert_eq!(BINS.with(LocalBins::locals), locals);
/// ```
#[repr(C)]
#[derive(Debug)]
pub struct LocalBins<const N: usize> {
    head: Locals,
    pub(crate) bins: [Bin; N],
}

impl<const N: usize> LocalBins<N> {
    /// An empty cache of no allocator.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "it is made in const context alone"
    )]
    pub const fn new() -> Self {
        let head = Locals {
            window: Cell::new(ptr::null_mut()),
            window_headers: Cell::new(0),
            key: Cell::new(Key::NONE),
            window_key: Cell::new(CountedKey::NONE),
            owner: Cell::new(0),
            lane: Cell::new(Lane::NONE),
            phase: Cell::new(Phase::Fresh),
            cold: Cell::new(ptr::null_mut()),
            #[cfg(feature = "profiling")]
            sampler: Sampler::new(),
        };
        Self {
            head,
            bins: [const { Bin::new() }; N],
        }
    }

    /// The cache, by its head, with the provenance of the whole.
    #[inline(always)]
    #[must_use]
    pub const fn locals(&self) -> NonNull<Locals> {
        // A pointer to the whole, so that the bins can be reached from it.
        NonNull::from_ref(self).cast()
    }
}

/// The bin of `class`.
///
/// # Safety
///
/// `locals` came from [`LocalBins::locals`] of a live `LocalBins` with more than `class` bins.
#[inline(always)]
pub(crate) unsafe fn bin<'a>(locals: NonNull<Locals>, class: ScaledClass) -> &'a Bin {
    // SAFETY: the bins follow the head at the same offset, whatever their number.
    let bins = unsafe { locals.byte_add(offset_of!(LocalBins<1>, bins)) }.cast::<Bin>();
    // SAFETY: there are more than `class` bins, of `SCALE` bytes each.
    unsafe { bins.byte_add(class.offset()).as_ref() }
}

const _: () = assert!(size_of::<Bin>() == SCALE);
