//! What free memory holds where an allocator is hardened: a pattern at the start and the end of each block, which
//! whoever hands the block out looks for again.
//!
//! Knows nothing of whose memory it is.

use crate::sys::die;

/// Bytes at each end of a block that are written and looked at.
pub(crate) const REACH: usize = 256;

/// No address that a program could follow, no small number, no text.
const PATTERN: u8 = 0xdf;
const WORD: u64 = u64::from_ne_bytes([PATTERN; WORD_BYTES]);
const WORD_BYTES: usize = size_of::<u64>();
/// Words that are compared at once.
const ROW: usize = 4;

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
#[inline]
pub(crate) unsafe fn write(block: *mut u8, bytes: usize) {
    debug_assert!(bytes.is_multiple_of(WORD_BYTES));
    if bytes <= 2 * REACH {
        let words = block.cast::<u64>();
        for index in 0..bytes / WORD_BYTES {
            // SAFETY: the word lies in the block.
            unsafe { words.add(index).write(WORD) };
        }
        return;
    }
    // SAFETY: the block is longer than both ends.
    unsafe { block.write_bytes(PATTERN, REACH) };
    // SAFETY: as above.
    unsafe { block.add(bytes - REACH).write_bytes(PATTERN, REACH) };
}

/// Offset of the first byte that is not as [`write`] left it; `None` if all are.
///
/// # Safety
///
/// As for [`write`], and the block was written so since.
#[inline]
pub(crate) unsafe fn first_change(block: *const u8, bytes: usize, faded: Faded) -> Option<usize> {
    let (start, end) = if bytes <= 2 * REACH {
        (bytes, 0)
    } else {
        (REACH, REACH)
    };
    // SAFETY: both ends lie in the block.
    let whole = unsafe { is_whole(block, start) && is_whole(block.add(bytes - end), end) };
    if whole {
        return None;
    }
    // SAFETY: as above.
    unsafe { search(block, 0..start, faded).or_else(|| search(block, bytes - end..bytes, faded)) }
}

/// Whether so many bytes hold the pattern, a multiple of 8.
///
/// # Safety
///
/// They can be read, and are aligned to 8.
#[inline]
unsafe fn is_whole(start: *const u8, bytes: usize) -> bool {
    let words = start.cast::<u64>();
    let count = bytes / WORD_BYTES;
    // A row of words at a time: one wide load and no branch each.
    let rows = count / ROW;
    let mut difference = [0; ROW];
    for row in 0..rows {
        // SAFETY: the caller's promise.
        let held = unsafe { words.add(row * ROW).cast::<[u64; ROW]>().read() };
        for (difference, word) in difference.iter_mut().zip(held) {
            *difference |= word ^ WORD;
        }
    }
    let mut last = 0;
    for index in rows * ROW..count {
        // SAFETY: the caller's promise.
        last |= unsafe { words.add(index).read() } ^ WORD;
    }
    difference.into_iter().fold(last, |all, word| all | word) == 0
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
