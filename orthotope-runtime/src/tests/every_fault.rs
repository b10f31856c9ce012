//! One program that asks the system for everything there is to ask for, and each of its calls refused in turn: a request
//! may be refused then, but nothing is lost, moved or cleared that should not be, and every invariant holds.

use core::ptr::NonNull;

use super::double::{Call, Double};
use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::Schedule;
use crate::config::{Config, Exhausted, HugePages};
use crate::large::Contents;
use crate::sync::Ordering;
use crate::thread_cache::LocalBins;

const MIB: usize = 1 << 20;
const CLASSES: [usize; 4] = [64, 512, 8_192, 128 << 10];
/// Small sizes, one a class, and large ones of which two fill an arena.
const SIZES: [usize; 6] = [40, 500, 8_000, 100_000, 2 * MIB, 10 * MIB];
/// Blocks of each.
const EACH: usize = 2;

fn configs() -> [Config; 3] {
    let hardened = Config::general().with_hardened(true);
    [Config::general(), Config::tensor(), hardened].map(|config| {
        config
            .with_arena(16 * MIB)
            .with_classes(&CLASSES)
            .with_exhausted(Exhausted::Grow)
            .with_huge_pages(HugePages::Always)
    })
}

/// A live block: where it is, its size, and the byte in its ends and in the first of each page.
struct Block {
    start: NonNull<u8>,
    size: usize,
    byte: u8,
}

impl Block {
    fn places(size: usize) -> impl Iterator<Item = usize> {
        (0..size).step_by(4_096).chain([size - 1])
    }

    fn write(&self) {
        for place in Self::places(self.size) {
            // SAFETY: the block is live and this long.
            unsafe { self.start.add(place).write(self.byte) };
        }
    }

    /// Panics if one of the first `size` bytes is not what was written.
    fn check(&self, size: usize) {
        for place in Self::places(self.size).filter(|&place| place < size) {
            // SAFETY: the block is live and this long.
            let found = unsafe { self.start.add(place).read() };
            assert_eq!(found, self.byte, "at {place} of {}", self.size);
        }
    }
}

/// A thread of a program with an allocator of its own.
struct Program {
    engine: NonNull<Engine>,
    bins: Box<LocalBins<{ CLASSES.len() }>>,
    refused: usize,
}

impl Program {
    /// `None` if the system refuses what the allocator is to stand on.
    fn start(os: &'static Double, config: Config) -> Option<Self> {
        let engine = Engine::new(os, config, false).ok()?;
        let bins = Box::new(LocalBins::new());
        // SAFETY: the engine is ours until `end`.
        let this = unsafe { engine.as_ref() };
        let limits = (0..CLASSES.len()).map(|class| this.limits(class));
        // SAFETY: the bins are ours alone, one a class, and stay where they are until `end`.
        unsafe { Visit::bind(this, bins.locals(), leave_thread, limits) };
        Some(Self {
            engine,
            bins,
            refused: 0,
        })
    }

    fn engine(&self) -> &Engine {
        // SAFETY: the engine is ours until `end`.
        unsafe { self.engine.as_ref() }
    }

    fn visit(&self) -> Visit<'_> {
        // SAFETY: the locals are ours alone, bound to this engine.
        unsafe { Visit::enter(self.engine(), self.bins.locals()) }
    }

    fn alloc(&mut self, size: usize, byte: u8) -> Option<Block> {
        let start = match self.engine().class_of(size) {
            Some(class) => self.visit().alloc_small(class, size),
            None => self.visit().alloc_large(size, 8).map(|large| large.payload),
        };
        let Some(start) = start else {
            self.refused += 1;
            return None;
        };
        let block = Block { start, size, byte };
        block.write();
        Some(block)
    }

    /// A large block that was asked for as zero, and has to be.
    fn alloc_zeroed(&mut self, size: usize) -> Option<Block> {
        let Some(large) = self.visit().alloc_large(size, 8) else {
            self.refused += 1;
            return None;
        };
        if large.contents != Contents::Zero {
            let by_age = large.contents == Contents::ByAge;
            // SAFETY: the block is new and this long.
            unsafe { self.engine().arena.clear(large.payload, size, by_age) };
        }
        let block = Block {
            start: large.payload,
            size,
            byte: 0,
        };
        block.check(size);
        Some(block)
    }

    fn free(&self, block: Block) {
        block.check(block.size);
        // SAFETY: the block is live and given up.
        let freed = unsafe { self.visit().free_checked(block.start, Some(block.size)) };
        assert_eq!(freed, Ok(()));
    }

    /// The block with `size` bytes, moved, grown or copied; as it was if there is no room.
    fn grow(&mut self, mut block: Block, size: usize) -> Block {
        let before = block.size;
        let resized = self.visit().resize(block.start, before, size);
        if let Some(start) = resized.expect("the block is live") {
            block.start = start;
            block.size = size;
            block.check(before.min(4_096));
            block.write();
            return block;
        }
        block.check(before);
        let Some(copy) = self.alloc(size, block.byte) else {
            return block;
        };
        self.free(block);
        copy
    }

    fn tick(&self) {
        self.engine().tick(Schedule::of(self.engine().config.purge));
    }

    /// Panics if something is left. Everything goes back.
    fn end(self) -> usize {
        self.visit().publish();
        self.engine().reclaim();
        self.engine().tick(Schedule::NOW);
        self.engine().validate();
        let left = self.engine().stats().live_bytes();
        assert_eq!(left, 0, "bytes are left live");
        // SAFETY: the locals are ours, their cold half in no registry.
        unsafe { Visit::unbind(self.engine(), self.bins.locals()) };
        // SAFETY: nothing of the engine is used again.
        unsafe { Engine::release(self.engine) };
        self.refused
    }
}

/// Everything once, with one call refused after so many. Returns how many requests were refused; `None` if the allocator could not be set up.
fn live(os: &'static Double, config: Config, refused_call: usize) -> Option<usize> {
    os.allowed.store(refused_call, Ordering::Relaxed);
    let mut program = Program::start(os, config)?;
    let mut blocks: Vec<Block> = Vec::new();
    for (index, size) in SIZES.into_iter().enumerate() {
        for turn in 0..EACH {
            blocks.extend(program.alloc(size, (1 + index * EACH + turn) as u8));
        }
        program.engine().validate();
    }
    // In their own places the neighbours are in the way: what grows is moved.
    for index in (0..blocks.len()).rev().step_by(5) {
        let block = blocks.swap_remove(index);
        let size = block.size * 2 + MIB;
        blocks.push(program.grow(block, size));
        program.engine().validate();
    }
    // Half becomes free, cold, marked and dropped.
    let mut position = 0;
    let half = blocks.len() / 2;
    for block in blocks.extract_if(.., |_| {
        position += 1;
        position % 2 == 0 && position < 2 * half
    }) {
        program.free(block);
    }
    program.visit().publish();
    for _ in 0..14 {
        program.tick();
    }
    program.engine().validate();
    // What was written, freed and not dropped has to be cleared, in part by asking what of it is there.
    for size in [2 * MIB, 10 * MIB] {
        blocks.extend(program.alloc(size, 0x77));
        if let Some(block) = blocks.pop_if(|block| block.byte == 0x77) {
            program.free(block);
        }
        program.tick();
        let zeroed = program.alloc_zeroed(size);
        program.engine().validate();
        blocks.extend(zeroed);
    }
    for block in blocks {
        program.free(block);
    }
    Some(program.end())
}

#[test]
fn the_program_asks_for_everything_and_each_call_may_be_refused() {
    let mut asked = [0; Call::ALL.len()];
    for config in configs() {
        let counting = Double::leaked();
        assert_eq!(
            live(counting, config, usize::MAX),
            Some(0),
            "nothing is refused"
        );
        for call in Call::ALL {
            asked[call as usize] += counting.asked[call as usize].load(Ordering::Relaxed);
        }
        counting.wait_until_unmapped("nothing refused");
        for refused_call in 0..counting.calls.load(Ordering::Relaxed) {
            let os = Double::leaked();
            if let Some(refused) = live(os, config, refused_call) {
                assert!(refused <= 1, "call {refused_call}: {refused} refused");
            }
            os.wait_until_unmapped(format_args!("call {refused_call}"));
        }
    }
    for call in Call::ALL {
        println!("{call:?}: {}", asked[call as usize]);
        assert!(asked[call as usize] > 0, "nobody ever asks for {call:?}");
    }
}
