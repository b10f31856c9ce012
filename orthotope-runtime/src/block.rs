//! The block formats: a 64-byte header before the payload, or nothing at all.
//!
//! Owns what a header says and how it is checked. Knows nothing of caches.
//!
//! | bytes | header's content |
//! | --- | --- |
//! | 0..8 | the word: magic in bytes 0 to 3; in 4 to 7 a bit that says free, and kind, class and requested size mixed with the address and a secret |
//! | 8..16 | kind, class and requested size |
//! | 16..24 | the owner: the cache that last handed the block out |
//! | 24..32 | usable size |
//! | 32..64 | zero |
//!
//! The word alone decides: it differs for a block that is forged, copied, freed, stale or of another
//! size, so a free that states its size compares eight bytes once.

use crate::class::HEADER_BYTES;
use crate::sync::{AtomicU64, Ordering};

const MAGIC: u64 = 0x6f74_7265;
const MAGIC_MASK: u64 = 0xffff_ffff;
/// Set in the word of a free block. Not mixed, so that no live block's word is that of a free one.
const FREE_BIT: u64 = 1 << 32;
/// Odd constants with their bits well spread: products carry every bit of a factor to the top half.
const MIX_ADDRESS: u64 = 0x9e37_79b9_7f4a_7c15;
const MIX_SHAPE: u64 = 0xd6e8_feb8_6659_fd93;

/// What a block is, packed: kind in bits 0 to 7, class in 8 to 15, requested size above.
///
/// The requested size of any block that can exist fits 48 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape(u64);

const SMALL: u64 = 1;
const LARGE: u64 = 2;

impl Shape {
    /// A live block of `class`.
    #[inline(always)]
    pub(crate) const fn small(class: usize, requested: usize) -> Self {
        Self((requested as u64) << 16 | (class as u64) << 8 | SMALL)
    }

    /// A live large block.
    pub(crate) const fn large(requested: usize) -> Self {
        Self((requested as u64) << 16 | LARGE)
    }

    /// Whether it is a block of `class`.
    pub(crate) const fn is_small(self, class: usize) -> bool {
        self.0 & 0xffff == (class as u64) << 8 | SMALL
    }

    /// Bytes requested.
    pub(crate) const fn requested(self) -> usize {
        (self.0 >> 16) as usize
    }
}

/// The secret that words are mixed with. One a process would do; an allocator has its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret(pub(crate) u64);

impl Secret {
    /// The word of a block of `shape` whose payload starts at `address`.
    #[inline(always)]
    fn word(self, address: usize, shape: Shape) -> u64 {
        let mixed =
            (address as u64 ^ self.0).wrapping_mul(MIX_ADDRESS) ^ shape.0.wrapping_mul(MIX_SHAPE);
        (mixed & !(MAGIC_MASK | FREE_BIT)) | MAGIC
    }

    /// The word of a free small block whose payload starts at `address`.
    #[inline(always)]
    fn free_small(self, address: usize) -> u64 {
        self.word(address, Shape(SMALL)) | FREE_BIT
    }

    /// The word of a free large block whose payload starts at `address`.
    fn free_large(self, address: usize) -> u64 {
        self.word(address, Shape(LARGE)) | FREE_BIT
    }
}

/// What stands before a payload.
#[repr(C, align(64))]
pub(crate) struct Header {
    word: AtomicU64,
    shape: AtomicU64,
    owner: AtomicU64,
    usable: AtomicU64,
    zero: [u64; 4],
}

const _: () = assert!(size_of::<Header>() == HEADER_BYTES);

/// What the words of a header say about its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Handed out, with this shape.
    Live(Shape),
    /// A small block that was freed.
    FreeSmall,
    /// A large block that was freed.
    FreeLarge,
    /// Not written by this allocator for this address, or overwritten since.
    Corrupt,
}

impl Header {
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

    /// Marks the block as handed out by `owner`.
    #[inline(always)]
    pub(crate) fn seal(
        &self,
        secret: Secret,
        address: usize,
        shape: Shape,
        owner: u64,
        usable: usize,
    ) {
        self.word
            .store(secret.word(address, shape), Ordering::Relaxed);
        self.shape.store(shape.0, Ordering::Relaxed);
        self.owner.store(owner, Ordering::Relaxed);
        self.usable.store(usable as u64, Ordering::Relaxed);
    }

    /// Whether the block is live with exactly this shape.
    #[inline(always)]
    pub(crate) fn is(&self, secret: Secret, address: usize, shape: Shape) -> bool {
        self.word.load(Ordering::Relaxed) == secret.word(address, shape)
    }

    /// The same, and whether the fields agree with the word.
    #[inline(always)]
    pub(crate) fn is_whole(
        &self,
        secret: Secret,
        address: usize,
        shape: Shape,
        usable: usize,
    ) -> bool {
        self.is(secret, address, shape)
            && self.shape.load(Ordering::Relaxed) == shape.0
            && self.usable() == usable
    }

    /// Marks the small block as free.
    #[inline(always)]
    pub(crate) fn release_small(&self, secret: Secret, address: usize) {
        self.word
            .store(secret.free_small(address), Ordering::Relaxed);
    }

    /// Marks the small block as free unless another thread was first, or its header is not what it was.
    pub(crate) fn release_small_once(&self, secret: Secret, address: usize) -> bool {
        let live = secret.word(address, Shape(self.shape.load(Ordering::Relaxed)));
        self.word
            .compare_exchange(
                live,
                secret.free_small(address),
                Ordering::Relaxed,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Marks the large block as free.
    pub(crate) fn release_large(&self, secret: Secret, address: usize) {
        self.word
            .store(secret.free_large(address), Ordering::Relaxed);
    }

    /// The cache that last handed the block out.
    #[inline(always)]
    pub(crate) fn owner(&self) -> u64 {
        self.owner.load(Ordering::Relaxed)
    }

    /// What the header says, its fields checked against its word.
    pub(crate) fn state(&self, secret: Secret, address: usize) -> State {
        let word = self.word.load(Ordering::Relaxed);
        if word == secret.free_small(address) {
            return State::FreeSmall;
        }
        if word == secret.free_large(address) {
            return State::FreeLarge;
        }
        let shape = Shape(self.shape.load(Ordering::Relaxed));
        if word == secret.word(address, shape) {
            State::Live(shape)
        } else {
            State::Corrupt
        }
    }

    /// Bytes that the holder may use.
    pub(crate) fn usable(&self) -> usize {
        self.usable.load(Ordering::Relaxed) as usize
    }
}
