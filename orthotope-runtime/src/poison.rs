//! What free memory holds where an allocator is hardened: a pattern at the start and the end of each block, which
//! whoever hands the block out looks for again.
//!
//! Knows nothing of whose memory it is.

use crate::sys::die;

/// Bytes at each end of a block that are written and looked at.
const REACH: usize = 256;

/// No address that a program could follow, no small number, no text.
const PATTERN: u8 = 0xdf;
const WORD: u64 = u64::from_ne_bytes([PATTERN; WORD_BYTES]);
const WORD_BYTES: usize = size_of::<u64>();
/// Words that are written or compared at once.
const ROW: usize = 4;
const ROW_BYTES: usize = ROW * WORD_BYTES;
type Row = [u64; ROW];
/// Most bytes that are looked at where they are, without a call.
pub(crate) const SHORT: usize = 4 * ROW_BYTES;

/// How a block's pattern may have changed without anybody's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faded {
    /// Not at all.
    No,
    /// Words may read as zero: the system may have taken the pages they were on.
    ToZero,
}

/// Writes the pattern to both ends of a block of `bytes`, a multiple of 8.
///
/// # Safety
///
/// The block is the caller's, aligned to 8, and as long as stated.
#[inline(always)]
pub(crate) unsafe fn write(block: *mut u8, bytes: usize) {
    debug_assert!(bytes.is_multiple_of(WORD_BYTES));
    if bytes <= SHORT {
        // SAFETY: the caller's promise.
        unsafe { fill_short(block, bytes) }
    } else {
        // SAFETY: as above.
        unsafe { write_long(block, bytes) }
    }
}

/// # Safety
///
/// As for [`write()`].
#[inline(never)]
unsafe fn write_long(block: *mut u8, bytes: usize) {
    let end = ends(bytes);
    // SAFETY: both ends lie in the block.
    unsafe { block.write_bytes(PATTERN, end) };
    if bytes > end {
        // SAFETY: as above.
        unsafe { block.add(bytes - end).write_bytes(PATTERN, end) };
    }
}

/// Whether both ends of a block of at most [`SHORT`] bytes hold the pattern.
///
/// # Safety
///
/// As for [`write()`], and the block was written so since.
#[inline(always)]
pub(crate) unsafe fn is_intact_short(block: *const u8, bytes: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe { differs_short(block, bytes) == 0 }
}

/// The same of a block of any length.
///
/// # Safety
///
/// As there.
#[inline(never)]
pub(crate) unsafe fn is_intact(block: *const u8, bytes: usize) -> bool {
    if bytes <= SHORT {
        // SAFETY: the caller's promise.
        return unsafe { is_intact_short(block, bytes) };
    }
    let end = ends(bytes);
    // SAFETY: both ends lie in the block.
    unsafe { is_whole(block, end) && (bytes == end || is_whole(block.add(bytes - end), end)) }
}

/// Bytes of each end of a block of `bytes`: all of a block that is no longer than both.
#[inline(always)]
const fn ends(bytes: usize) -> usize {
    if bytes <= 2 * REACH { bytes } else { REACH }
}

/// Offset of the first byte that is not as [`write()`] left it; `None` if all are.
///
/// # Safety
///
/// As for [`write()`], and the block was written so since.
#[inline]
pub(crate) unsafe fn first_change(block: *const u8, bytes: usize, faded: Faded) -> Option<usize> {
    // SAFETY: the caller's promise.
    if unsafe { is_intact(block, bytes) } {
        return None;
    }
    let end = ends(bytes);
    // SAFETY: as above.
    unsafe { search(block, 0..end, faded).or_else(|| search(block, bytes - end..bytes, faded)) }
}

/// Offsets of the words of so many bytes, fewer than a row, at least one word: the first, the middle and the last.
#[inline(always)]
const fn few(bytes: usize) -> [usize; 3] {
    [0, bytes / (2 * WORD_BYTES) * WORD_BYTES, bytes - WORD_BYTES]
}

/// Offsets of the rows of so many bytes, from one row to two: the first and the last, which may overlap.
#[inline(always)]
const fn two(bytes: usize) -> [usize; 2] {
    [0, bytes - ROW_BYTES]
}

/// The same of two rows to four.
#[inline(always)]
const fn four(bytes: usize) -> [usize; 4] {
    [0, ROW_BYTES, bytes - 2 * ROW_BYTES, bytes - ROW_BYTES]
}

/// Writes the pattern to so many bytes, a multiple of 8, not zero and at most [`SHORT`].
///
/// # Safety
///
/// They are the caller's, and aligned to 8.
#[inline(always)]
unsafe fn fill_short(start: *mut u8, bytes: usize) {
    // SAFETY: rows are those of the block.
    let row = |at: usize| unsafe { start.add(at).cast::<Row>().write([WORD; ROW]) };
    if bytes < ROW_BYTES {
        for at in few(bytes) {
            // SAFETY: the word is one of the block's.
            unsafe { start.add(at).cast::<u64>().write(WORD) };
        }
    } else if bytes <= 2 * ROW_BYTES {
        for at in two(bytes) {
            row(at);
        }
    } else {
        for at in four(bytes) {
            row(at);
        }
    }
}

/// The bits of so many bytes, a multiple of 8, not zero and at most [`SHORT`], that are not the pattern's.
///
/// # Safety
///
/// They can be read, and are aligned to 8.
#[inline(always)]
unsafe fn differs_short(start: *const u8, bytes: usize) -> u64 {
    if bytes < ROW_BYTES {
        // SAFETY: the words are those of the block.
        let word = |at: usize| unsafe { start.add(at).cast::<u64>().read() } ^ WORD;
        let [first, middle, last] = few(bytes).map(word);
        return first | middle | last;
    }
    // SAFETY: rows are those of the block.
    let row = |at: usize| unsafe { start.add(at).cast::<Row>().read() };
    if bytes <= 2 * ROW_BYTES {
        let [first, last] = two(bytes).map(row);
        differs(&[first, last])
    } else {
        differs(&four(bytes).map(row))
    }
}

/// The bits of some rows that are not the pattern's: wide loads, and no branch.
#[inline(always)]
fn differs(rows: &[Row]) -> u64 {
    let mut difference = [0; ROW];
    for row in rows {
        for (difference, word) in difference.iter_mut().zip(row) {
            *difference |= word ^ WORD;
        }
    }
    difference.into_iter().fold(0, |all, word| all | word)
}

/// Whether so many bytes, a multiple of 8 and more than [`SHORT`], hold the pattern.
///
/// # Safety
///
/// They can be read, and are aligned to 8.
unsafe fn is_whole(start: *const u8, bytes: usize) -> bool {
    // SAFETY: callers pass offsets of whole parts below.
    let part = |at: usize| unsafe { differs_short(start.add(at), SHORT) };
    let end = bytes - SHORT;
    let mut at = 0;
    let mut difference = 0;
    while at < end {
        difference |= part(at);
        at += SHORT;
    }
    // It may cover some of the one before.
    difference | part(end) == 0
}

/// # Safety
///
/// The range lies in the block, its ends multiples of 8.
#[cold]
unsafe fn search(block: *const u8, range: core::ops::Range<usize>, faded: Faded) -> Option<usize> {
    for at in range.step_by(WORD_BYTES) {
        // SAFETY: the caller's promise.
        let word = unsafe { block.add(at).cast::<u64>().read() };
        if word != WORD && !(word == 0 && faded == Faded::ToZero) {
            let changed = |&byte: &u8| byte != PATTERN;
            let within = word.to_ne_bytes().iter().position(changed);
            return Some(at + within.unwrap_or(0));
        }
    }
    None
}

/// Last words about a block of `bytes` that was changed at `offset` while it was free.
#[cold]
pub(crate) fn report(block: *mut u8, bytes: usize, offset: usize) -> ! {
    die(format_args!(
        "write after free: the block at {block:p}, {bytes} bytes, was changed at offset {offset} while it was free"
    ))
}
