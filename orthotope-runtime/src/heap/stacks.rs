//! The stacks from which blocks were asked for, each kept once, and what was ever asked for from each.
//!
//! A part of the table, under its lock; zero is empty. Stacks are never dropped: a program has a limited number. Stack 0
//! has no frames, and stands for those that found no room.

use super::unwind::MOST_FRAMES;

const MOST_STACKS: usize = 1 << 16;
const MOST_WORDS: usize = 1 << 21;
const CHAINS: usize = 1 << 13;

/// A stack of a table.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Kept {
    hash: u64,
    /// Estimates of the blocks ever handed out, and of their bytes.
    pub(super) blocks: f64,
    pub(super) bytes: f64,
    /// Where its frames are.
    pub(super) first: u32,
    pub(super) len: u32,
    /// The next of its chain; 0 ends it.
    next: u32,
    _padding: u32,
}

pub(super) struct Stacks {
    chains: [u32; CHAINS],
    /// Stacks and words of frames in use; stack 0 is not counted.
    used: u32,
    used_words: u32,
    kept: [Kept; MOST_STACKS],
    words: [usize; MOST_WORDS],
}

impl Stacks {
    /// The number of the stack with these frames.
    pub(super) fn find(&mut self, frames: &[usize]) -> u32 {
        debug_assert!(frames.len() <= MOST_FRAMES);
        let hash = frames.iter().fold(frames.len() as u64, |hash, &frame| {
            (hash.rotate_left(5) ^ frame as u64).wrapping_mul(0x517c_c1b7_2722_0a95)
        });
        let chain = (hash >> 40) as usize % CHAINS;
        let mut number = self.chains[chain];
        while number != 0 {
            let kept = &self.kept[number as usize];
            if kept.hash == hash && self.frames(kept) == frames {
                return number;
            }
            number = kept.next;
        }
        self.keep(frames, hash, chain)
    }

    fn keep(&mut self, frames: &[usize], hash: u64, chain: usize) -> u32 {
        let first = self.used_words as usize;
        let Some(words) = self.words.get_mut(first..first + frames.len()) else {
            return 0;
        };
        let number = self.used as usize + 1;
        if number == MOST_STACKS {
            return 0;
        }
        words.copy_from_slice(frames);
        self.used_words += frames.len() as u32;
        self.used += 1;
        self.kept[number] = Kept {
            hash,
            blocks: 0.0,
            bytes: 0.0,
            first: first as u32,
            len: frames.len() as u32,
            next: self.chains[chain],
            _padding: 0,
        };
        self.chains[chain] = number as u32;
        number as u32
    }

    /// Adds so many blocks of `size` bytes each to what was asked for from a stack.
    pub(super) fn add(&mut self, number: u32, blocks: f64, size: f64) {
        let kept = &mut self.kept[number as usize];
        kept.blocks += blocks;
        kept.bytes += blocks * size;
    }

    fn frames(&self, kept: &Kept) -> &[usize] {
        &self.words[kept.first as usize..][..kept.len as usize]
    }

    /// All stacks, by their numbers.
    pub(super) fn all(&self) -> &[Kept] {
        &self.kept[..=self.used as usize]
    }

    /// The frames of all.
    pub(super) fn words(&self) -> &[usize] {
        &self.words[..self.used_words as usize]
    }
}
