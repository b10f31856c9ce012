//! What each block of a slab is, out of band, where an allocator is hardened: a word a block, behind the slab's bitmap.
//!
//! | word | the block is | left by |
//! | --- | --- | --- |
//! | 0 | not handed out yet | handing it out |
//! | 1 | free, and holds the poison | handing it out; a purge of a page it lies on |
//! | 2 | free, and holds the poison or zeros | handing it out |
//! | bit 31 and 31 more | live; the requested size, mixed with its address and a secret | its free |
//!
//! A word changes from live to free by an exchange: of two frees, one succeeds. It changes otherwise by whoever has the
//! free block to himself. Relaxed throughout: the block's contents pass between threads by way of their own
//! synchronisation, and those of the magazines and slabs.

use core::ops::Range;
use core::ptr::NonNull;

use super::{Geometry, Taken, pages};
use crate::arena::Span;
use crate::config::HARDENED_MOST;
use crate::random::Random;
use crate::sync::{AtomicU32, Ordering};

const UNUSED: u32 = 0;
const POISONED: u32 = 1;
const FADED: u32 = 2;
const LIVE_BIT: u32 = 1 << 31;

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockState {
    /// Not handed out since the slab was opened.
    Unused,
    /// Free, and poisoned since.
    Poisoned,
    /// Free and poisoned, but on pages that the system may have taken.
    Faded,
    /// Handed out for a request of so many bytes.
    Live { requested: usize },
}

/// One block's word.
#[derive(Clone, Copy)]
pub(crate) struct Word<'a> {
    word: &'a AtomicU32,
    mix: u32,
}

impl Word<'_> {
    pub(crate) fn state(self) -> BlockState {
        match self.word.load(Ordering::Relaxed) {
            UNUSED => BlockState::Unused,
            POISONED => BlockState::Poisoned,
            FADED => BlockState::Faded,
            word => BlockState::Live {
                requested: ((word ^ self.mix) & !LIVE_BIT) as usize,
            },
        }
    }

    /// Marks the free block as handed out for `requested` bytes.
    pub(crate) fn set_live(self, requested: usize) {
        self.word.store(self.live(requested), Ordering::Relaxed);
    }

    /// Makes the live block one of another size; `false` if it is none of `from` bytes any more.
    pub(crate) fn resize(self, from: usize, to: usize) -> bool {
        self.exchange(from, self.live(to))
    }

    /// Marks the live block of `requested` bytes as free; `false` if another thread was first.
    pub(crate) fn free(self, requested: usize) -> bool {
        self.exchange(requested, POISONED)
    }

    fn exchange(self, requested: usize, to: u32) -> bool {
        self.word
            .compare_exchange(
                self.live(requested),
                to,
                Ordering::Relaxed,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    fn live(self, requested: usize) -> u32 {
        debug_assert!(requested <= HARDENED_MOST);
        (requested as u32 ^ self.mix) | LIVE_BIT
    }
}

/// The word of the block at `index`, below the capacity, whose size is mixed with `mix`. `None` while the span is not a
/// slab.
#[inline]
pub(crate) fn word(span: &Span, index: usize, mix: u32) -> Option<Word<'_>> {
    let words = NonNull::new(span.words())?;
    // SAFETY: an open slab has a word for each block; records are never unmapped before the span's own.
    let word = unsafe { words.add(index).as_ref() };
    let mix = mix & !LIVE_BIT;
    Some(Word { word, mix })
}

/// Whether the block at `index`, below the capacity, is live, as far as the slab's blocks have words.
#[cfg(any(test, fuzzing))]
pub(super) fn is_live(span: NonNull<Span>, index: usize, geometry: &Geometry) -> bool {
    // SAFETY: records are type-stable.
    let words = unsafe { span.as_ref() }.words();
    geometry.tracked
        && NonNull::new(words).is_some_and(|words| {
            // SAFETY: an open slab has a word for each block.
            unsafe { words.add(index).as_ref() }.load(Ordering::Relaxed) & LIVE_BIT != 0
        })
}

/// Carves all that was granted, into the free set. Returns how many blocks.
///
/// # Safety
///
/// The caller holds the lock of the slab's class.
pub(crate) unsafe fn carve_all(span: NonNull<Span>) -> usize {
    // SAFETY: the caller holds the lock.
    let slab = unsafe { span.as_ref().slab() };
    let fresh = slab.carved as usize..slab.granted as usize;
    for index in fresh.clone() {
        // SAFETY: the bitmap has a bit for each block granted.
        unsafe { *slab.bits.add(index / 64) |= 1 << (index % 64) };
    }
    slab.carved = slab.granted;
    slab.free += fresh.len() as u32;
    // Blocks are taken from anywhere.
    slab.hint = 0;
    fresh.len()
}

/// Moves up to `want` free blocks to `out`, from anywhere in the slab and in any order.
///
/// # Safety
///
/// The caller holds the lock of the slab's class; `out` has room for `want`.
#[inline(never)]
pub(crate) unsafe fn take_any(
    span: NonNull<Span>,
    geometry: &Geometry,
    out: *mut *mut u8,
    want: usize,
    random: &mut Random,
) -> Taken {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller holds the lock.
    let slab = unsafe { record.slab() };
    let count = want.min(slab.free as usize);
    let words = (slab.carved as usize).div_ceil(64);
    for taken in 0..count {
        let mut word = random.below(words);
        let turn = random.below(64) as u32;
        let (bits, bit) = loop {
            // SAFETY: the bitmap has bits for all that was carved.
            let bits = unsafe { &mut *slab.bits.add(word) };
            if *bits != 0 {
                let bit = (bits.rotate_right(turn).trailing_zeros() + turn) % 64;
                break (bits, bit as usize);
            }
            // `free` bits are set, so that one is met on the way round.
            word = (word + 1) % words;
        };
        *bits &= !(1 << bit);
        let offset = (word * 64 + bit) * geometry.stride;
        // SAFETY: `out` has room for `want >= count > taken`; the block lies in the span.
        unsafe { out.add(taken).write(record.first().add(offset)) };
    }
    slab.hint = 0;
    slab.free -= count as u32;
    // SAFETY: the blocks were written above.
    unsafe { pages::note_taken(record, geometry, out, count) }
}

/// Notes that the pages of `bytes` of the span may be taken by the system: what was poisoned there may read as zero.
///
/// # Safety
///
/// The caller holds the lock of the slab's class, and no block that lies there is out.
#[inline(never)]
pub(super) unsafe fn fade(record: &Span, geometry: &Geometry, bytes: Range<usize>) {
    let Some(words) = NonNull::new(record.words()) else {
        return;
    };
    let lead = pages::lead(record, geometry);
    let end = bytes.end.saturating_sub(lead);
    if end == 0 {
        return;
    }
    let first = geometry.index(bytes.start.saturating_sub(lead));
    let last = geometry.index(end - 1);
    for index in first..(last + 1).min(geometry.capacity) {
        // SAFETY: an open slab has a word for each block.
        let word = unsafe { words.add(index).as_ref() };
        if word.load(Ordering::Relaxed) == POISONED {
            word.store(FADED, Ordering::Relaxed);
        }
    }
}
