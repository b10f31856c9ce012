//! What a table holds at a moment, for whoever writes it down.
//!
//! The copy is a mapping: it is made while the table's lock is held, and does not show up in what it tells of.

use core::ptr::NonNull;
use core::slice;

use super::stacks::Kept;
use super::table::Table;
use super::{Heap, Sample};
use crate::sys::{Os, PAGE_MAX, REAL};

/// What an allocator holds, by stack.
pub struct Snapshot {
    copy: Option<Copy>,
    lost: u32,
    interval: usize,
}

/// A stack, and estimates of what was asked for from it.
#[derive(Clone, Copy, Debug)]
pub struct Stack<'a> {
    /// An address inside each call, innermost first; none if there was no room to keep them.
    pub frames: &'a [usize],
    /// Blocks that are live.
    pub live_blocks: f64,
    /// Bytes requested with them.
    pub live_bytes: f64,
    /// Blocks ever handed out.
    pub blocks: f64,
    /// Bytes requested with them.
    pub bytes: f64,
}

/// A mapping that holds samples, stacks and frames, one behind the other.
///
/// All have the alignment of a word and no padding.
struct Copy {
    start: NonNull<u8>,
    bytes: usize,
    samples: usize,
    kept: usize,
    words: usize,
}

// SAFETY: the mapping is the value's alone, and nothing in it points anywhere.
unsafe impl Send for Copy {}

impl Heap {
    /// What is live, and what was ever picked. Without a table, or memory for the copy, there is nothing.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let (copy, lost) = self
            .with_table(false, |table| (Copy::of(table), table.lost()))
            .unwrap_or_default();
        Snapshot {
            copy,
            lost,
            interval: self.interval().unwrap_or(0),
        }
    }
}

impl Copy {
    fn of(table: &Table) -> Option<Self> {
        let (samples, kept, words) = (table.opened(), table.stacks.all(), table.stacks.words());
        let bytes = (size_of_val(samples) + size_of_val(kept) + size_of_val(words))
            .next_multiple_of(PAGE_MAX);
        let start = REAL.map(bytes).ok()?;
        let copy = Self {
            start,
            bytes,
            samples: samples.len(),
            kept: kept.len(),
            words: words.len(),
        };
        // SAFETY: the mapping is new, and has room for all three in this order.
        unsafe {
            let place = start.cast::<Sample>();
            place.copy_from_nonoverlapping(NonNull::from(samples).cast(), samples.len());
            let place = place.add(samples.len()).cast::<Kept>();
            place.copy_from_nonoverlapping(NonNull::from(kept).cast(), kept.len());
            let place = place.add(kept.len()).cast::<usize>();
            place.copy_from_nonoverlapping(NonNull::from(words).cast(), words.len());
        }
        Some(copy)
    }

    fn parts(&self) -> (&[Sample], &[Kept], &[usize]) {
        let samples = self.start.cast::<Sample>();
        // SAFETY: `of` has put so many of each there, and the mapping lives as long as the value.
        unsafe {
            let kept = samples.add(self.samples).cast::<Kept>();
            let words = kept.add(self.kept).cast::<usize>();
            (
                slice::from_raw_parts(samples.as_ptr(), self.samples),
                slice::from_raw_parts(kept.as_ptr(), self.kept),
                slice::from_raw_parts(words.as_ptr(), self.words),
            )
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // SAFETY: the mapping is the value's, and what was borrowed from it is gone.
        unsafe { REAL.unmap(self.start, self.bytes) };
    }
}

impl Snapshot {
    /// Every stack from which a sample was taken.
    #[must_use]
    pub fn stacks(&self) -> Vec<Stack<'_>> {
        let Some(copy) = &self.copy else {
            return Vec::new();
        };
        let (samples, kept, words) = copy.parts();
        let of = |kept: &Kept| Stack {
            frames: &words[kept.first as usize..][..kept.len as usize],
            live_blocks: 0.0,
            live_bytes: 0.0,
            blocks: kept.blocks,
            bytes: kept.bytes,
        };
        let mut stacks: Vec<_> = kept.iter().map(of).collect();
        for sample in samples.iter().filter(|sample| sample.address != 0) {
            let weight = sample.weight();
            let stack = &mut stacks[sample.stack as usize];
            stack.live_blocks += weight;
            stack.live_bytes += weight * sample.size as f64;
        }
        stacks.retain(|stack| stack.blocks > 0.0);
        stacks
    }

    /// Samples for which there was no room.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.lost
    }

    /// Bytes between two samples on average; 0 if none are taken.
    #[must_use]
    pub fn interval(&self) -> usize {
        self.interval
    }
}
