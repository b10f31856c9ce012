//! What the tests of moving blocks have in common: a program with one thread, and blocks that know their contents.

use core::ptr::NonNull;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::{GRANULE, HUGE_PAGE, Kind};
use crate::config::{Config, Exhausted, HugePages};
use crate::error::FreeError;
use crate::sync::Ordering;
use crate::tests::double::Double;
use crate::thread_cache::LocalBins;

pub(super) const MIB: usize = 1 << 20;
pub(super) const TABLE: usize = 2 * MIB;
/// So that all beyond are large blocks.
pub(super) const CLASSES: [usize; 2] = [64, 4_096];

pub(super) fn bare() -> Config {
    Config::general()
        .with_arena(512 * MIB)
        .with_classes(&CLASSES)
        .with_exhausted(Exhausted::Null)
}

pub(super) fn headed() -> Config {
    Config::tensor()
        .with_arena(512 * MIB)
        .with_classes(&CLASSES)
        .with_exhausted(Exhausted::Null)
}

/// Whether pages move here at all. If not, everything is copied, and the counts of what moved do not hold.
pub(super) fn moves_here() -> bool {
    static MOVES: LazyLock<bool> = LazyLock::new(|| {
        let program = Program::new(bare());
        let block = program.take(2 * MIB);
        program.pin(block);
        program.resize(block, 4 * MIB);
        program.os.moved.load(Ordering::Relaxed) > 0
    });
    *MOVES
}

/// A thread of a program with an allocator of its own.
pub(super) struct Program {
    pub(super) os: &'static Double,
    pub(super) engine: &'static Engine,
    pub(super) bins: &'static LocalBins<2>,
}

/// A live block: its payload and its size.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) start: NonNull<u8>,
    pub(super) size: usize,
    pub(super) seed: usize,
}

impl Block {
    /// Writes a word of each page, and the ends.
    pub(super) fn write(&self) {
        for offset in offsets(self.size) {
            // SAFETY: the block is live and this long.
            unsafe { self.start.add(offset).write(stamp(self.seed, offset)) };
        }
    }

    pub(super) fn check(&self, size: usize) {
        for offset in offsets(self.size).filter(|&offset| offset < size) {
            // SAFETY: the block is live and this long.
            let found = unsafe { self.start.add(offset).read() };
            assert_eq!(found, stamp(self.seed, offset), "at {offset} of {size}");
        }
    }
}

pub(super) fn offsets(size: usize) -> impl Iterator<Item = usize> {
    (0..size).step_by(2_048)
}

pub(super) fn stamp(seed: usize, offset: usize) -> u8 {
    (seed.wrapping_mul(31) ^ offset ^ (offset >> 11) ^ (offset >> 19)) as u8
}

impl Program {
    pub(super) fn new(config: Config) -> Self {
        let os = Double::leaked();
        let engine = Engine::new(os, config, true).expect("the double refuses nothing");
        // SAFETY: the engine is ours, and never released.
        let engine = unsafe { engine.as_ref() };
        let program = Self {
            os,
            engine,
            bins: Box::leak(Box::new(LocalBins::new())),
        };
        let limits = (0..2).map(|class| engine.limits(class));
        // SAFETY: the bins are ours alone, one a class, and live for ever.
        unsafe { Visit::bind(engine, program.bins.locals(), leave_thread, limits) };
        program
    }

    pub(super) fn visit(&self) -> Visit<'static> {
        // SAFETY: the bins are this thread's, and bound to the engine.
        unsafe { Visit::enter(self.engine, self.bins.locals()) }
    }

    pub(super) fn try_take(&self, size: usize) -> Option<Block> {
        let large = self.visit().alloc_large(size, 8)?;
        let block = Block {
            start: large.payload,
            size,
            seed: size,
        };
        block.write();
        Some(block)
    }

    pub(super) fn take(&self, size: usize) -> Block {
        self.try_take(size).expect("there is room")
    }

    pub(super) fn free(&self, block: Block) -> Result<(), FreeError> {
        // SAFETY: tests free what nobody uses any more.
        unsafe { self.visit().free_checked(block.start, Some(block.size)) }
    }

    /// The block with a new size if it need not be copied, its contents checked.
    pub(super) fn resize(&self, block: Block, size: usize) -> Option<Block> {
        let resized = self.visit().resize(block.start, block.size, size);
        self.engine.validate();
        let start = resized.expect("the block is live")?;
        let kept = Block { start, ..block };
        kept.check(block.size.min(size));
        let offset = |start: NonNull<u8>| start.as_ptr().addr() % TABLE;
        assert_eq!(offset(start), offset(block.start), "alignment is kept");
        let grown = Block { size, ..kept };
        grown.write();
        Some(grown)
    }

    /// Panics unless just what live and parked large blocks have of whole huge pages is advised, where that is wanted.
    pub(super) fn check_huge_pages(&self) {
        let mut wanted = BTreeSet::new();
        self.engine.arena.each_span(|span| {
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            if matches!(record.kind(), Kind::Large | Kind::Parked) {
                let guard = if self.engine.config.hardened {
                    GRANULE
                } else {
                    0
                };
                let first = (record.start() + guard).next_multiple_of(HUGE_PAGE);
                let end = (record.start() + record.bytes() - guard) / HUGE_PAGE * HUGE_PAGE;
                wanted.extend((first..end).step_by(HUGE_PAGE));
            }
        });
        if self.engine.config.huge_pages != HugePages::Large {
            wanted.clear();
        }
        assert_eq!(*self.os.huge(), wanted);
    }

    /// Takes blocks until one lies right behind this one, which cannot grow where it is then.
    pub(super) fn pin(&self, block: Block) -> Vec<Block> {
        let arena = &self.engine.arena;
        let address = block.start.as_ptr().addr();
        let span = arena.span_at(address).expect("the block is live");
        // SAFETY: records are type-stable.
        let end = unsafe { span.as_ref().start() + span.as_ref().bytes() };
        let mut pins = Vec::new();
        loop {
            let behind = arena.span_at(end);
            // SAFETY: records are type-stable.
            if behind.is_some_and(|behind| unsafe { behind.as_ref() }.kind() == Kind::Large) {
                return pins;
            }
            pins.push(self.take(GRANULE - 64));
        }
    }

    /// The same for a growth that needs no copy, where pages move.
    pub(super) fn grow(&self, block: Block, size: usize) -> Block {
        self.resize(block, size).unwrap_or_else(|| {
            assert!(!moves_here(), "it need not be copied");
            let copy = self.take(size);
            assert_eq!(self.free(block), Ok(()));
            copy
        })
    }
}
