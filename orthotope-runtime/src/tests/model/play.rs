//! The player: does what a case says to an allocator and to the model, and compares.

use core::alloc::Layout;

use super::case::{Size, Step, THREADS, Way};
use super::map::{Block, Map, check_zero};
use super::subject::Subject;
use crate::class::HEADER_BYTES;
use crate::config::{Config, Exhausted};
use crate::sync::Ordering;

/// Bytes of live blocks beyond which nothing more is asked for: a case must not fill the machine.
const LIVE_MOST: usize = 48 << 20;
/// Blocks of a batch.
const BATCH_MOST: usize = 96;
/// The largest alignment that is not the system's allocator's.
const ALIGN_BITS: u8 = 22;

struct Player<'a, S> {
    subject: &'a mut S,
    config: Config,
    live: Vec<Block>,
    map: Map,
    /// Operations so far, so that no two blocks hold the same.
    count: usize,
    /// Some call of the system may be refused, or was, so that less is there than could be.
    refusing: bool,
}

/// Plays a case, gives every block back, and ends the allocator.
pub(super) fn play(subject: &mut impl Subject, steps: &[Step]) {
    let Some(&config) = subject.config() else {
        return;
    };
    let mut player = Player {
        subject,
        config,
        live: Vec::new(),
        map: Map::default(),
        count: 0,
        refusing: false,
    };
    for &step in steps {
        player.step(step);
        player.subject.validate();
    }
    player.end();
}

impl<S: Subject> Player<'_, S> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Alloc {
                thread,
                size,
                align,
                zeroed,
            } => {
                let align = if self.subject.over_aligns() {
                    1 << (align % ALIGN_BITS)
                } else {
                    1
                };
                self.alloc(thread, self.bytes(size), align, zeroed);
            }
            Step::Batch {
                thread,
                size,
                count,
            } => {
                for _ in 0..1 + usize::from(count) % BATCH_MOST {
                    self.alloc(thread, self.bytes(size), 1, false);
                }
            }
            Step::Free { thread, block, way } => {
                if !self.live.is_empty() {
                    let index = usize::from(block) % self.live.len();
                    self.free(thread, index, way);
                }
            }
            Step::FreeMany { thread, count, all } => {
                let mut index = self.live.len();
                for _ in 0..count {
                    let Some(next) = index.checked_sub(if all { 1 } else { 2 }) else {
                        break;
                    };
                    index = next;
                    self.free(thread, index, Way::Sized);
                }
            }
            Step::Realloc {
                thread,
                block,
                size,
            } => {
                if !self.live.is_empty() {
                    let index = usize::from(block) % self.live.len();
                    self.realloc(thread, index, self.bytes(size));
                }
            }
            Step::Flush { thread } => self.subject.flush(number(thread)),
            Step::Tick => self.subject.tick(),
            Step::Purge { thread } => self.subject.purge(number(thread)),
            Step::Leave { thread } => self.subject.leave(number(thread)),
            Step::Refuse { after } => {
                self.refusing = true;
                let system = self.subject.system();
                system.allowed.store(after.into(), Ordering::Relaxed);
                system.moves_allowed.store(after.into(), Ordering::Relaxed);
            }
            Step::RefuseAll {
                commits,
                advice,
                moves,
            } => {
                self.refusing |= commits;
                let system = self.subject.system();
                system.no_commits.store(commits, Ordering::Relaxed);
                system.no_advice.store(advice, Ordering::Relaxed);
                if moves {
                    system.moves_allowed.store(0, Ordering::Relaxed);
                }
            }
        }
    }

    fn bytes(&self, size: Size) -> usize {
        size.bytes(self.config.classes, self.config.arena)
    }

    fn header(&self) -> usize {
        if self.config.header { HEADER_BYTES } else { 0 }
    }

    fn alloc(&mut self, thread: u8, size: usize, align: usize, zeroed: bool) {
        if self.map.bytes + size > LIVE_MOST {
            return;
        }
        let thread = number(thread);
        let layout = Layout::from_size_align(size, align).expect("both are small");
        let Some(start) = self.subject.alloc(thread, layout, zeroed) else {
            assert!(
                self.refusing || self.config.exhausted == Exhausted::Null,
                "an arena that grows has room for {layout:?}"
            );
            return;
        };
        if zeroed {
            // SAFETY: the block is new and ours.
            unsafe { check_zero(start, size) };
        }
        self.count += 1;
        // SAFETY: the block is new and ours.
        let block = unsafe { Block::write(start, layout, self.count) };
        self.add(thread, block);
    }

    fn add(&mut self, thread: usize, block: Block) {
        let usable = self.subject.usable(thread, block.start, block.layout);
        self.map.insert(&block, usable, self.header());
        self.live.push(block);
    }

    fn free(&mut self, thread: u8, index: usize, way: Way) {
        let block = self.live.swap_remove(index);
        // SAFETY: the block is live.
        unsafe { block.check(block.start, block.layout.size()) };
        self.map.remove(&block);
        // SAFETY: the block is live and given up.
        unsafe {
            self.subject
                .free(number(thread), block.start, block.layout, way);
        }
    }

    fn realloc(&mut self, thread: u8, index: usize, size: usize) {
        let thread = number(thread);
        let block = self.live[index];
        if self.map.bytes + size > LIVE_MOST {
            return;
        }
        // SAFETY: the block is live.
        let moved = unsafe {
            self.subject
                .realloc(thread, block.start, block.layout, size)
        };
        // SAFETY: one of the two is live, and at least so long.
        unsafe { block.check(moved.unwrap_or(block.start), block.layout.size().min(size)) };
        let Some(start) = moved else {
            assert!(
                self.refusing || self.config.exhausted == Exhausted::Null,
                "an arena that grows has room for {size} bytes"
            );
            return;
        };
        self.live.swap_remove(index);
        self.map.remove(&block);
        let layout = Layout::from_size_align(size, block.layout.align()).expect("both are small");
        self.count += 1;
        // SAFETY: the block is live and ours.
        let block = unsafe { Block::write(start, layout, self.count) };
        self.add(thread, block);
    }

    /// Everything is given back: then the arena is empty, and one block fits it if any ever did.
    fn end(&mut self) {
        while let Some(index) = self.live.len().checked_sub(1) {
            self.free(index as u8, index, Way::Unsized);
        }
        self.subject.validate();
        let system = self.subject.system();
        system.allowed.store(usize::MAX, Ordering::Relaxed);
        system.moves_allowed.store(usize::MAX, Ordering::Relaxed);
        system.no_commits.store(false, Ordering::Relaxed);
        system.no_advice.store(false, Ordering::Relaxed);
        for thread in 0..THREADS {
            self.subject.flush(thread);
        }
        self.subject.purge(0);
        self.subject.validate();
        self.subject.check_empty();
        if self.config.stride(0) <= self.config.arena {
            let layout = Layout::from_size_align(self.config.classes[0], 1).expect("it is small");
            let block = self.subject.alloc(0, layout, false);
            let block = block.expect("an empty arena has room for a block");
            // SAFETY: the block is ours.
            unsafe { self.subject.free(0, block, layout, Way::Sized) };
        }
        self.subject.finish();
    }
}

fn number(thread: u8) -> usize {
    usize::from(thread) % THREADS
}
