//! The block formats: a 64-byte header before the payload, or nothing at all but, for C, a mark in a free block.
//!
//! Owns what a header says and how it is checked. Knows nothing of caches. Two frees at once are modelled in
//! `models::of_blocks`.
//!
//! | bytes | header's content | written |
//! | --- | --- | --- |
//! | 0..8 | the word: magic in bytes 0 to 3; in 4 to 7, while the block lives, a set bit, and address and requested size mixed with the owner and a secret; zero while it is free | each time |
//! | 8..16 | requested size | each time |
//! | 16..24 | the owner: the cache that last handed the block out | each time |
//! | 24..32 | usable size | when the block is made |
//! | 32..40 | kind and class | when the block is made |
//! | 40..64 | zero | never |
//!
//! The word alone decides: it differs for a block that is forged, copied, freed, stale, of another size or
//! of another owner, so a free that states its size compares eight bytes once. Kind and class follow from
//! the size, so a size that agrees vouches for them.

use core::ptr::NonNull;

use crate::class::HEADER_BYTES;
use crate::sync::{AtomicU64, Ordering};

const MAGIC: u64 = 0x6f74_7265;
/// The word of a free block. Whoever forges it is told of a double free, and no more.
const FREE: u64 = MAGIC;
/// Set in the word of a live block.
const LIVE_BIT: u64 = 1 << 32;
/// Bits of a word that are not mixed: the magic and the live bit.
const PLAIN_BITS: u32 = 33;
/// Odd, so that no two sizes below 2³¹ mix alike at one address; a factor of 32 bits needs no register.
const MIX_SIZE: u64 = 0x4f1b_bcdd;
/// Odd, so that no two of 2³¹ owners in a row mix alike.
const MIX_OWNER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Kind and class of a block, packed: kind in bits 0 to 7, class in 8 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape(u64);

const SMALL: u64 = 1;

impl Shape {
    /// A large block.
    pub(crate) const LARGE: Self = Self(2);

    /// A block of `class`.
    pub(crate) const fn small(class: usize) -> Self {
        Self((class as u64) << 8 | SMALL)
    }

    const fn is_any_small(self) -> bool {
        self.0 & 0xff == SMALL && self.0 >> 16 == 0
    }
}

/// Odd, so that every bit of a secret counts.
const MIX_FREED: u64 = 0xd1b5_4a32_d192_ed03;

/// What words are mixed with. One a process would do; an allocator has its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret(pub(crate) u64);

impl Secret {
    /// What the words of an owner's blocks are mixed with.
    pub(crate) const fn key(self, owner: u64) -> Key {
        Key((self.0 ^ owner.wrapping_mul(MIX_OWNER)) << PLAIN_BITS | LIVE_BIT | MAGIC)
    }

    /// What free blocks without a header are marked with.
    pub(crate) const fn freed(self) -> Key {
        Key(self.0.wrapping_mul(MIX_FREED) | 1)
    }
}

/// A secret and an owner, mixed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key(u64);

impl Key {
    /// The key of no secret, for a cache that is bound to no allocator.
    pub(crate) const NONE: Self = Self(0);

    /// The second word of the free block at `address`: each has another, so that none is copied from one to the next.
    #[inline(always)]
    pub(crate) const fn mark(self, address: usize) -> u64 {
        self.0 ^ address as u64
    }

    /// The word of a live block of `requested` bytes whose payload starts at `address`, a multiple of 64.
    #[inline(always)]
    fn word(self, address: usize, requested: usize) -> u64 {
        // The address's lowest six bits are zero: what is left starts at the first mixed bit.
        let place = (address as u64) << (PLAIN_BITS - HEADER_BYTES.trailing_zeros());
        place
            .wrapping_add(size_part(requested))
            .wrapping_add(self.0)
    }

    /// The same key for payloads that are counted in headers' lengths from `first`, a multiple of 64.
    pub(crate) fn from(self, first: usize) -> CountedKey {
        CountedKey(self.word(first, 0))
    }
}

/// A key for payloads by their number: a free that has just computed that need not shift the address again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountedKey(u64);

impl CountedKey {
    /// The key of no secret, for a cache that is bound to no allocator.
    pub(crate) const NONE: Self = Self(0);

    /// The word of a live block of `requested` bytes, the payload of number `place`.
    #[inline(always)]
    fn word(self, place: usize, requested: usize) -> u64 {
        ((place as u64) << PLAIN_BITS)
            .wrapping_add(size_part(requested))
            .wrapping_add(self.0)
    }
}

/// What a size adds to a word. A constant size makes it a constant.
#[inline(always)]
fn size_part(requested: usize) -> u64 {
    (requested as u64).wrapping_mul(MIX_SIZE) << PLAIN_BITS
}

/// What stands before a payload.
#[repr(C, align(64))]
pub(crate) struct Header {
    word: AtomicU64,
    requested: AtomicU64,
    owner: AtomicU64,
    usable: AtomicU64,
    shape: AtomicU64,
    /// Never written: there, so that a header is [`HEADER_BYTES`] long.
    zero: [u64; 3],
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Header>() == HEADER_BYTES);

/// What the words of a header say about its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Handed out, for a request of so many bytes.
    Live { shape: Shape, requested: usize },
    /// A small block that was freed.
    FreeSmall,
    /// A large block that was freed.
    FreeLarge,
    /// Not written by this allocator for this address, or overwritten since.
    Corrupt,
}

impl Header {
    /// A header of no block, for a model.
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            requested: AtomicU64::new(0),
            owner: AtomicU64::new(0),
            usable: AtomicU64::new(0),
            shape: AtomicU64::new(0),
            zero: [0; 3],
        }
    }

    /// The header of the payload at `payload`.
    ///
    /// # Safety
    ///
    /// The 64 bytes before `payload`, a multiple of 64, are readable and writable for `'a` through its
    /// provenance, and are used as a header alone.
    #[inline(always)]
    pub(crate) unsafe fn of<'a>(payload: *mut u8) -> &'a Self {
        // SAFETY: by the caller's promise; every field is an integer, valid whatever the bytes.
        unsafe { &*payload.cast::<Self>().sub(1) }
    }

    /// Says what the block is, once for all of its lives.
    pub(crate) fn describe(&self, shape: Shape, usable: usize) {
        self.shape.store(shape.0, Ordering::Relaxed);
        self.usable.store(usable as u64, Ordering::Relaxed);
    }

    /// Marks the block as handed out by `owner`, whose key is `key`, for a request of `requested` bytes.
    #[inline(always)]
    pub(crate) fn seal(&self, key: Key, owner: u64, address: usize, requested: usize) {
        self.word
            .store(key.word(address, requested), Ordering::Relaxed);
        self.requested.store(requested as u64, Ordering::Relaxed);
        self.owner.store(owner, Ordering::Relaxed);
    }

    /// Whether the block is live, of exactly `requested` bytes, and handed out by the key's owner.
    #[inline(always)]
    pub(crate) fn is(&self, key: Key, address: usize, requested: usize) -> bool {
        self.word.load(Ordering::Relaxed) == key.word(address, requested)
    }

    /// The same, for the payload of number `place`.
    #[inline(always)]
    pub(crate) fn is_counted(&self, key: CountedKey, place: usize, requested: usize) -> bool {
        self.word.load(Ordering::Relaxed) == key.word(place, requested)
    }

    /// The same as [`is`](Self::is), and whether all that is recorded agrees.
    #[inline(always)]
    pub(crate) fn is_whole(
        &self,
        key: Key,
        owner: u64,
        address: usize,
        requested: usize,
        (shape, usable): (Shape, usize),
    ) -> bool {
        self.is(key, address, requested)
            && self.requested.load(Ordering::Relaxed) == requested as u64
            && self.owner() == owner
            && self.shape.load(Ordering::Relaxed) == shape.0
            && self.usable() == usable
    }

    /// Marks the live block as free.
    #[inline(always)]
    pub(crate) fn release(&self) {
        self.word.store(FREE, Ordering::Relaxed);
    }

    /// Marks the block as free unless another thread was first, or its header is not what it was.
    pub(crate) fn release_once(&self, secret: Secret, address: usize) -> bool {
        let live = self.live_word(secret, address);
        self.word
            .compare_exchange(live, FREE, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// The cache that last handed the block out.
    #[inline(always)]
    pub(crate) fn owner(&self) -> u64 {
        self.owner.load(Ordering::Relaxed)
    }

    /// What the header says, its fields checked against its word.
    pub(crate) fn state(&self, secret: Secret, address: usize) -> State {
        let live = self.live_word(secret, address);
        let shape = Shape(self.shape.load(Ordering::Relaxed));
        let word = self.word.load(Ordering::Relaxed);
        if word == live {
            let requested = self.requested.load(Ordering::Relaxed) as usize;
            State::Live { shape, requested }
        } else if word != FREE {
            State::Corrupt
        } else if shape == Shape::LARGE {
            State::FreeLarge
        } else if shape.is_any_small() {
            State::FreeSmall
        } else {
            State::Corrupt
        }
    }

    /// Bytes that the holder may use.
    pub(crate) fn usable(&self) -> usize {
        self.usable.load(Ordering::Relaxed) as usize
    }

    /// What the word is while the block lives, if the fields are right.
    fn live_word(&self, secret: Secret, address: usize) -> u64 {
        let requested = self.requested.load(Ordering::Relaxed) as usize;
        secret.key(self.owner()).word(address, requested)
    }
}

/// Where the block's mark stands while it is free: in its second word.
///
/// # Safety
///
/// The block has at least 16 bytes, can be read and written, and is aligned to a word.
#[inline(always)]
pub(crate) unsafe fn mark_of<'a>(block: NonNull<u8>) -> &'a AtomicU64 {
    // SAFETY: by the caller's promise.
    let word = unsafe { block.add(size_of::<u64>()) };
    // SAFETY: as above. Whoever else frees the block at this moment does so through the same atomic word.
    unsafe { word.cast().as_ref() }
}
