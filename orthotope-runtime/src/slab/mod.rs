//! A slab: a span cut into equal blocks, with its free set out of band.
//!
//! Owns the geometry of a class's slabs and the bitmap of blocks that lie free in one. No link runs
//! through a block, so its pages can be given back while it is free. Knows nothing of threads.
//!
//! Read on in this order: here, `pages`, `word`, `states`.
//!
//! Invariants of a slab, checked by `validate::slab`: `free <= carved <= granted <= capacity`; bit `i` is set only for
//! `i < carved`; `free` bits are set; no bit is set in a word before `hint`.

mod pages;
mod states;
#[cfg(any(test, fuzzing))]
pub(crate) mod validate;
mod word;

use core::ptr::NonNull;

pub(crate) use pages::{Ages, tick};
pub(crate) use states::{carve_all, take_any, word, word_at, word_of};
pub(crate) use word::{BlockState, Word};

use crate::arena::{Arena, GRANULE, Meta, Span, slab_of};
use crate::class::HEADER_BYTES;
use crate::sync::AtomicU32;

/// Granules of the largest slab that is tried for the sake of a smaller loss at its end.
const GRANULES_TRIED: usize = 32;
/// A slab may lose one byte in this many at its end.
const LOSS: usize = 16;
/// A slab of one granule that loses less than one byte in this many is not lengthened.
const LITTLE: usize = 128;

/// How a class's slabs are cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    /// Bytes from one block to the next.
    pub(crate) stride: usize,
    /// Alignment of every payload.
    pub(crate) align: usize,
    /// Bytes before each payload: the header's, or none.
    pub(crate) header: usize,
    /// Granules of a span.
    pub(crate) granules: usize,
    /// Blocks that fit it.
    pub(crate) capacity: usize,
    /// A word for each block says what it is (see `states`).
    pub(crate) tracked: bool,
    /// 2⁶⁴ / `stride`, rounded up: division by multiplication (Granlund and Montgomery, 1994).
    /// 0 where that would not be exact.
    reciprocal: u64,
}

impl Geometry {
    /// The smallest span that holds one or more lots of `lot` blocks and loses little at its end; failing
    /// that, the one of those tried that loses least. Two granules instead of one if they lose no more than it: they
    /// fill huge pages as evenly. `None` where the numbers overflow.
    pub(crate) fn new(stride: usize, align: usize, header: usize, lot: usize) -> Option<Self> {
        let lead = lead(align, header);
        let needed = stride.checked_mul(lot)?.checked_add(lead)?;
        let smallest = needed.checked_next_multiple_of(GRANULE)? / GRANULE;
        let capacity = |granules: usize| (granules * GRANULE - lead) / stride / lot * lot;
        let loss = |granules: usize| granules * GRANULE - lead - capacity(granules) * stride;
        let mut best = smallest;
        for granules in smallest..smallest.saturating_add(GRANULES_TRIED) {
            if loss(granules) * LOSS <= granules * GRANULE {
                best = granules;
                break;
            }
            // Compares losses as fractions: l1 / g1 < l2 / g2.
            if loss(granules) * best < loss(best) * granules {
                best = granules;
            }
        }
        if best == 1 && loss(1) * LITTLE > GRANULE && loss(2) <= loss(1) {
            best = 2;
        }
        let capacity = capacity(best);
        // Counts of blocks are of 32 bits.
        u32::try_from(capacity).ok()?;
        // Exact as long as offset times stride stays below 2⁶⁴.
        let reciprocal = match (best * GRANULE).checked_mul(stride) {
            Some(_) => (u64::MAX / stride as u64).wrapping_add(1),
            None => 0,
        };
        Some(Self {
            stride,
            align,
            header,
            granules: best,
            capacity,
            tracked: false,
            reciprocal,
        })
    }

    /// The same with a word for each block if `tracked`.
    pub(crate) fn tracked(self, tracked: bool) -> Self {
        Self { tracked, ..self }
    }

    /// Index of the block that holds the byte at `offset` from the first payload.
    #[inline]
    pub(crate) fn index(&self, offset: usize) -> usize {
        if self.reciprocal == 0 {
            return offset / self.stride;
        }
        ((u128::from(self.reciprocal) * offset as u128) >> 64) as usize
    }

    /// Offset of the first payload in a span that starts at `start`.
    pub(crate) fn first(&self, start: usize) -> usize {
        (start + self.header).next_multiple_of(self.align) - start
    }

    /// Whether all that is kept of a slab's blocks fits the span's record.
    fn has_few(&self) -> bool {
        self.capacity <= u64::BITS as usize && !self.tracked
    }

    /// Bytes of a slab's bitmap.
    fn bitmap_bytes(&self) -> usize {
        self.capacity.div_ceil(64) * size_of::<u64>()
    }

    /// Bytes of a slab's bitmap, and of the words behind it if there are any.
    fn record_bytes(&self) -> usize {
        let words = if self.tracked {
            (self.granules * GRANULE).div_ceil(self.stride)
        } else {
            0
        };
        self.bitmap_bytes() + words * size_of::<AtomicU32>()
    }
}

/// Bytes at the start of a span that no block covers, at most.
fn lead(align: usize, header: usize) -> usize {
    if header == 0 {
        0
    } else {
        align - HEADER_BYTES.min(align)
    }
}

/// Sets up the bookkeeping of a fresh slab, of whose blocks `granted` are charged. Returns how many of its pages
/// may be resident; `None` if no memory for its bitmap could be had.
///
/// # Safety
///
/// The caller alone knows the span.
pub(crate) unsafe fn open(
    span: NonNull<Span>,
    geometry: &Geometry,
    granted: usize,
    arena: &Arena,
) -> Option<usize> {
    let bits = if geometry.has_few() {
        // SAFETY: records are type-stable.
        let bits = unsafe { span.as_ref() }.few_bits();
        // SAFETY: the caller alone knows the span.
        unsafe { bits.write(0) };
        bits
    } else {
        arena.meta().take(geometry.record_bytes())?.cast().as_ptr()
    };
    if geometry.tracked {
        // SAFETY: the record holds the words behind the bitmap, all zero.
        let words = unsafe { bits.byte_add(geometry.bitmap_bytes()) };
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_words(words.cast());
    }
    // SAFETY: as above.
    let backed = unsafe { pages::open(span, arena) };
    // SAFETY: as above.
    let slab = unsafe { slab_of(span) };
    // SAFETY: records are type-stable.
    unsafe { span.as_ref() }.set_marked_bytes(0);
    slab.bits = bits;
    slab.granted = granted as u32;
    slab.carved = 0;
    slab.free = 0;
    slab.hint = 0;
    slab.list = None;
    Some(backed)
}

/// Sets up the bookkeeping of a slab whose only block is live. Returns how many of its pages may be resident.
///
/// # Safety
///
/// The slab has room for one block; the caller alone knows the span, but for the block.
pub(crate) unsafe fn open_live(span: NonNull<Span>, arena: &Arena) -> usize {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    let bits = record.few_bits();
    // SAFETY: the caller alone knows the span.
    unsafe { bits.write(0) };
    // SAFETY: as above.
    let backed = unsafe { pages::open_live(span, arena) };
    // SAFETY: as above.
    let slab = unsafe { record.slab() };
    // The start of the one block: what lies behind it is no block's.
    record.set_marked_bytes(1);
    slab.bits = bits;
    slab.granted = 1;
    slab.carved = 1;
    slab.free = 0;
    slab.hint = 0;
    slab.list = None;
    backed
}

/// Gives the bitmap back.
///
/// # Safety
///
/// The caller holds the lock of the slab's class, and the slab is not used again.
pub(crate) unsafe fn close(span: NonNull<Span>, geometry: &Geometry, meta: &Meta) {
    // SAFETY: the caller holds the lock.
    let slab = unsafe { slab_of(span) };
    // Whoever still finds the slab finds no block.
    slab.carved = 0;
    let bits = core::mem::replace(&mut slab.bits, core::ptr::null_mut());
    if geometry.tracked {
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.set_words(core::ptr::null_mut());
    }
    if let Some(bits) = NonNull::new(bits)
        && !geometry.has_few()
    {
        // SAFETY: `open` took it with this size.
        unsafe { meta.give(bits.cast(), geometry.record_bytes()) };
    }
}

/// What came of taking blocks from a slab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) blocks: usize,
    /// Pages that were not resident and will be.
    pub(crate) backed: usize,
}

/// Moves up to `want` free blocks to `out`, lowest address last, so that a stack hands it out first.
///
/// # Safety
///
/// The caller holds the lock of the slab's class; `out` has room for `want`.
pub(crate) unsafe fn take(
    span: NonNull<Span>,
    geometry: &Geometry,
    out: *mut *mut u8,
    want: usize,
) -> Taken {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller holds the lock.
    let slab = unsafe { record.slab() };
    let count = want.min(slab.free as usize);
    let mut left = count;
    let mut word = slab.hint as usize;
    while left > 0 {
        // SAFETY: `free` bits are set at or after `hint`, so a word with one is met before the end.
        let bits = unsafe { &mut *slab.bits.add(word) };
        while *bits != 0 && left > 0 {
            let index = word * 64 + bits.trailing_zeros() as usize;
            *bits &= *bits - 1;
            left -= 1;
            // SAFETY: `out` has room for `want >= count > left`; the block lies in the span.
            unsafe {
                out.add(left)
                    .write(record.first().add(index * geometry.stride))
            };
        }
        if *bits == 0 {
            word += 1;
        }
    }
    slab.hint = word as u32;
    slab.free -= count as u32;
    // SAFETY: the blocks were written above.
    unsafe { pages::note_taken(record, geometry, out, count) }
}

/// Puts the block at `address`, which the slab has handed out, back. `false` if it lies free there already.
///
/// # Safety
///
/// The caller holds the lock of the slab's class.
#[inline]
pub(crate) unsafe fn put(span: NonNull<Span>, geometry: &Geometry, address: usize) -> bool {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller holds the lock.
    let slab = unsafe { record.slab() };
    let index = geometry.index(address - record.first().addr());
    debug_assert!(index < slab.carved as usize, "only carved blocks come back");
    let (word, bit) = (index / 64, 1 << (index % 64));
    // SAFETY: `index < capacity`, for which the bitmap has bits.
    let bits = unsafe { &mut *slab.bits.add(word) };
    if *bits & bit != 0 {
        return false;
    }
    *bits |= bit;
    slab.free += 1;
    slab.hint = slab.hint.min(word as u32);
    true
}

/// Carves up to `want` blocks that were granted but never handed out, into `out`, lowest address last.
///
/// # Safety
///
/// The caller holds the lock of the slab's class; `out` has room for `want`.
pub(crate) unsafe fn carve(
    span: NonNull<Span>,
    geometry: &Geometry,
    out: *mut *mut u8,
    want: usize,
) -> Taken {
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    // SAFETY: the caller holds the lock.
    let slab = unsafe { record.slab() };
    let first = slab.carved as usize;
    let count = want.min((slab.granted - slab.carved) as usize);
    for offset in 0..count {
        let index = first + offset;
        // SAFETY: `out` has room for `want >= count`; the block lies in the span.
        unsafe {
            out.add(count - 1 - offset)
                .write(record.first().add(index * geometry.stride))
        };
    }
    slab.carved += count as u32;
    if !slab.purged {
        record.set_marked_bytes(slab.carved as usize * geometry.stride);
    }
    Taken {
        blocks: count,
        backed: pages::touch(
            slab,
            geometry,
            pages::lead(record, geometry),
            first..first + count,
        ),
    }
}

/// Whether the block at `index` lies free in the slab.
///
/// # Safety
///
/// The caller holds the lock of the slab's class.
pub(crate) unsafe fn is_free(span: NonNull<Span>, index: usize) -> bool {
    // SAFETY: the caller holds the lock.
    let slab = unsafe { slab_of(span) };
    if index >= slab.carved as usize {
        return false;
    }
    // SAFETY: the bitmap has a bit for each block carved.
    let word = unsafe { slab.bits.add(index / 64) };
    // SAFETY: as above.
    unsafe { *word & (1 << (index % 64)) != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(stride: usize) -> (usize, usize) {
        let geometry = Geometry::new(stride, 8, 0, 1).unwrap();
        (geometry.granules, geometry.capacity)
    }

    #[test]
    fn a_second_granule_has_to_gain() {
        // One granule loses 1,024 bytes, two 512.
        assert_eq!(cut(1_536), (2, 85));
        // 1,536 and 1,024.
        assert_eq!(cut(2_560), (2, 51));
        // One loses 128: little.
        assert_eq!(cut(896), (1, 73));
        // 1,024 and 2,048, 4,096 and 8,192.
        assert_eq!(cut(2_304), (1, 28));
        assert_eq!(cut(10_240), (1, 6));
        // Nothing is lost.
        assert_eq!(cut(4_096), (1, 16));
    }

    #[test]
    fn no_slab_loses_more_than_a_single_granule_of_the_same_blocks() {
        for stride in (8..=GRANULE).step_by(8) {
            let (granules, capacity) = cut(stride);
            let lost = granules * GRANULE - capacity * stride;
            assert!(lost <= granules * (GRANULE % stride), "{stride}");
            assert!(lost * LOSS <= granules * GRANULE, "{stride}");
        }
    }
}
