//! What one block of a slab is, in a word. Knows nothing of where the word stands.
//!
//! | word | the block is | left by |
//! | --- | --- | --- |
//! | 0 | not handed out yet | handing it out |
//! | 1 | free, and holds the poison | handing it out; a purge of a page it lies on |
//! | 2 | free, and holds the poison or zeros | handing it out |
//! | bit 31 and 31 more | live; the requested size | its free |
//!
//! A word changes from live to free by an exchange: of two frees, one succeeds. It changes otherwise by whoever has the
//! free block to himself. Relaxed throughout: the block's contents pass between threads by way of their own
//! synchronisation, and those of the magazines and slabs.

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
pub(crate) struct Word<'a>(&'a AtomicU32);

impl<'a> Word<'a> {
    /// What `word` says.
    #[inline(always)]
    pub(crate) const fn of(word: &'a AtomicU32) -> Self {
        Self(word)
    }

    #[inline(always)]
    pub(crate) fn state(self) -> BlockState {
        match self.0.load(Ordering::Relaxed) {
            UNUSED => BlockState::Unused,
            POISONED => BlockState::Poisoned,
            FADED => BlockState::Faded,
            word => BlockState::Live {
                requested: (word & !LIVE_BIT) as usize,
            },
        }
    }

    /// Marks the free block as handed out for `requested` bytes.
    #[inline(always)]
    pub(crate) fn set_live(self, requested: usize) {
        self.0.store(live(requested), Ordering::Relaxed);
    }

    /// Notes that the system may have taken what the free block holds.
    pub(super) fn fade(self) {
        if self.state() == BlockState::Poisoned {
            self.0.store(FADED, Ordering::Relaxed);
        }
    }

    /// Whether the block is live, and of `requested` bytes.
    #[inline(always)]
    pub(crate) fn is_live(self, requested: usize) -> bool {
        self.0.load(Ordering::Relaxed) == live(requested)
    }

    /// Makes the live block one of another size; `false` if it is none of `from` bytes any more.
    #[inline(always)]
    pub(crate) fn resize(self, from: usize, to: usize) -> bool {
        self.exchange(from, live(to))
    }

    /// Marks the live block of `requested` bytes as free; `false` if it is none any more, or another thread was first.
    #[inline(always)]
    pub(crate) fn free(self, requested: usize) -> bool {
        self.exchange(requested, POISONED)
    }

    #[inline(always)]
    fn exchange(self, requested: usize, to: u32) -> bool {
        self.0
            .compare_exchange(live(requested), to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// The word of a live block of `requested` bytes.
#[inline(always)]
fn live(requested: usize) -> u32 {
    debug_assert!(requested < LIVE_BIT as usize, "config has a limit");
    requested as u32 | LIVE_BIT
}
