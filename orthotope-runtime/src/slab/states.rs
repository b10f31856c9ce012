//! Slabs of a hardened allocator: where the words of their blocks stand, out of band, behind the slab's bitmap; and how blocks
//! are taken from anywhere in one.
//!
//! There is a word wherever a block could start before the span's end, also beyond the last: nobody ever finds one live there.

use core::ops::Range;
use core::ptr::NonNull;

#[cfg(any(test, fuzzing))]
use super::word::BlockState;
use super::word::Word;
use super::{Geometry, Taken, pages};
use crate::arena::{Span, index_of_start, slab_of};
use crate::random::Random;

/// The word of the block that starts at `address` in a slab whose blocks have words; `None` if none starts there, or the
/// span is no such slab. `reciprocal` is that of its stride.
#[inline(always)]
pub(crate) fn word_at(span: &Span, address: usize, reciprocal: u64) -> Option<Word<'_>> {
    let words = NonNull::new(span.words())?;
    let offset = address.wrapping_sub(span.first().addr());
    if offset >= span.bytes() {
        return None;
    }
    let index = index_of_start(offset, reciprocal)?;
    // SAFETY: an open slab has a word wherever a block could start; records are never unmapped before the span's own.
    Some(Word::of(unsafe { words.add(index).as_ref() }))
}

/// The word of the block at `address`.
///
/// # Safety
///
/// The slab is open, its blocks have words, and one of them starts there. `reciprocal` is that of its stride, and not 0.
#[inline(always)]
pub(crate) unsafe fn word_of(span: &Span, address: usize, reciprocal: u64) -> Word<'_> {
    let offset = address.wrapping_sub(span.first().addr());
    let index = (u128::from(reciprocal) * offset as u128) >> u64::BITS;
    // SAFETY: by the caller's promise.
    Word::of(unsafe { &*span.words().add(index as usize) })
}

/// The word of the block at `index`, below the capacity. `None` while the span is not a slab.
#[inline]
pub(crate) fn word(span: &Span, index: usize) -> Option<Word<'_>> {
    let words = NonNull::new(span.words())?;
    // SAFETY: an open slab has a word for each block; records are never unmapped before the span's own.
    Some(Word::of(unsafe { words.add(index).as_ref() }))
}

/// Whether the block at `index`, below the capacity, is live, as far as the slab's blocks have words.
#[cfg(any(test, fuzzing))]
pub(super) fn is_live(span: NonNull<Span>, index: usize, geometry: &Geometry) -> bool {
    // SAFETY: records are type-stable.
    let words = unsafe { span.as_ref() }.words();
    geometry.tracked
        && NonNull::new(words).is_some_and(|words| {
            // SAFETY: an open slab has a word for each block.
            let word = Word::of(unsafe { words.add(index).as_ref() });
            matches!(word.state(), BlockState::Live { .. })
        })
}

/// Carves all that was granted, into the free set. Returns how many blocks.
///
/// # Safety
///
/// The caller holds the lock of the slab's class.
pub(crate) unsafe fn carve_all(span: NonNull<Span>) -> usize {
    // SAFETY: the caller holds the lock.
    let slab = unsafe { slab_of(span) };
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

/// Moves up to `want` free blocks to `out`: from anywhere in the slab, but of neighbours as many as there are. Whoever takes
/// many then touches few cache lines, in an order that is drawn (Fisher and Yates).
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
    let mut word = random.below(words);
    let mut taken = 0;
    while taken < count {
        // SAFETY: the bitmap has bits for all that was carved.
        let bits = unsafe { &mut *slab.bits.add(word) };
        let turn = random.below(64) as u32;
        // Its lowest bit is where this word is begun with.
        let mut turned = bits.rotate_right(turn);
        while turned != 0 && taken < count {
            let bit = (turned.trailing_zeros() + turn) % 64;
            turned &= turned - 1;
            let offset = (word * 64 + bit as usize) * geometry.stride;
            // SAFETY: `out` has room for `want >= count > taken`; the block lies in the span.
            unsafe { out.add(taken).write(record.first().add(offset)) };
            taken += 1;
        }
        *bits = turned.rotate_left(turn);
        // `free` bits are set, so that enough are met on the way round.
        word = (word + 1) % words;
    }
    for last in (1..count).rev() {
        let other = random.below_small(last + 1);
        // SAFETY: both entries were written above.
        unsafe { out.add(last).swap(out.add(other)) };
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
        Word::of(unsafe { words.add(index).as_ref() }).fade();
    }
}
