//! Real threads at one engine, handing blocks over: contents checked, and every layer once they have ended.

use core::ptr::NonNull;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use proptest::prelude::*;

use super::case::{SIZE_MOST, THREADS};
use super::map::Block;
use super::paths::{alloc, bind, free, leave};
use super::random::{runner, setup, step};
use super::{Setup, Step};
use crate::allocator::{Engine, Visit};
use crate::arena::Schedule;
use crate::config::Config;
use crate::sync::Ordering;
use crate::tests::double::Double;
use crate::thread_cache::LocalBins;

/// Bytes that a thread holds before it asks for no more.
const HELD_MOST: usize = 12 << 20;

/// One thread's end of it.
struct Worker {
    engine: &'static Engine,
    bins: Box<LocalBins<88>>,
    next: Sender<Block>,
    from: Receiver<Block>,
    held: Vec<Block>,
    bytes: usize,
    /// Of its first block; those of other threads differ.
    seed: usize,
}

impl Worker {
    fn play(mut self, steps: &[Step]) {
        for &step in steps {
            while let Ok(block) = self.from.try_recv() {
                // SAFETY: it is ours since it was sent.
                unsafe { block.check(block.start, block.layout.size()) };
                self.bytes += block.layout.size();
                self.held.push(block);
            }
            self.step(step);
        }
        while !self.held.is_empty() {
            self.free(0);
        }
        // Whoever sends to us waits for nobody, so that all come to this.
        let Self {
            engine,
            bins,
            next,
            from,
            ..
        } = self;
        drop(next);
        for block in from {
            bind(engine, bins.locals());
            // SAFETY: it is ours since it was sent.
            unsafe { block.check(block.start, block.layout.size()) };
            // SAFETY: as above, and nobody uses it any more.
            unsafe { free(engine, bins.locals(), block.start, block.layout) };
        }
        leave(bins.locals());
    }

    fn step(&mut self, step: Step) {
        let config = &self.engine.config;
        bind(self.engine, self.bins.locals());
        match step {
            Step::Alloc { size, zeroed, .. } => {
                self.alloc(size.bytes(config.classes, config.arena), zeroed);
            }
            Step::Batch { size, count, .. } => {
                for _ in 0..1 + count % 32 {
                    self.alloc(size.bytes(config.classes, config.arena), false);
                }
            }
            Step::Free { block, .. } if !self.held.is_empty() => {
                self.free(usize::from(block) % self.held.len());
            }
            Step::FreeMany { count, .. } => {
                for _ in 0..usize::from(count).min(self.held.len()) {
                    self.free(self.held.len() - 1);
                }
            }
            // Instead, it is handed over: the other thread frees it.
            Step::Realloc { block, .. } if !self.held.is_empty() => {
                let index = usize::from(block) % self.held.len();
                let block = self.held.swap_remove(index);
                self.bytes -= block.layout.size();
                if let Err(back) = self.next.send(block) {
                    self.held.push(back.0);
                    self.bytes += block.layout.size();
                }
            }
            // SAFETY: the locals are ours, and bound to the engine.
            Step::Flush { .. } => unsafe {
                Visit::enter(self.engine, self.bins.locals()).publish();
            },
            Step::Tick => _ = self.engine.tick(Schedule::of(config.purge)),
            Step::Purge { .. } => _ = self.engine.tick(Schedule::NOW),
            Step::Leave { .. } => {
                leave(self.bins.locals());
                *self.bins = LocalBins::new();
            }
            _ => {}
        }
    }

    fn alloc(&mut self, size: usize, zeroed: bool) {
        if self.bytes + size > HELD_MOST.max(SIZE_MOST) {
            return;
        }
        let layout = core::alloc::Layout::from_size_align(size, 1).expect("it is small");
        if let Some(start) = alloc(self.engine, self.bins.locals(), layout, zeroed) {
            self.seed += 1;
            if zeroed {
                // SAFETY: the block is new and ours.
                unsafe { super::map::check_zero(start, size) };
            }
            // SAFETY: the block is new and ours.
            self.held
                .push(unsafe { Block::write(start, layout, self.seed) });
            self.bytes += size;
        }
    }

    fn free(&mut self, index: usize) {
        let block = self.held.swap_remove(index);
        self.bytes -= block.layout.size();
        // SAFETY: the block is live and ours.
        unsafe { block.check(block.start, block.layout.size()) };
        // SAFETY: as above, and nobody uses it any more.
        unsafe { free(self.engine, self.bins.locals(), block.start, block.layout) };
    }
}

// SAFETY: the locals move with it, and nobody else has them.
unsafe impl Send for Worker {}

fn play(config: Config, steps: &[Vec<Step>]) {
    let os = Double::leaked();
    let engine = Engine::new(os, config, false).expect("the double refuses nothing");
    // SAFETY: the engine is ours until it is released below, and not used after that.
    let engine = unsafe { engine.as_ref() };
    engine.arena.watch();
    let (mut senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| channel()).unzip();
    // Each sends to its neighbour.
    senders.rotate_left(1);
    thread::scope(|scope| {
        let ends = senders.into_iter().zip(receivers);
        for (index, ((next, from), steps)) in ends.zip(steps).enumerate() {
            let worker = Worker {
                engine,
                bins: Box::new(LocalBins::new()),
                next,
                from,
                held: Vec::new(),
                bytes: 0,
                seed: index << 20,
            };
            scope.spawn(move || worker.play(steps));
        }
    });
    engine.reclaim();
    engine.validate();
    let stats = engine.stats();
    assert_eq!((stats.allocated, stats.large_live, stats.caches), (0, 0, 0));
    // SAFETY: the engine's first holder is ours, and nothing of it is used again.
    unsafe { Engine::release(NonNull::from(engine)) };
    os.wait_until_unmapped("after the last holder");
    assert_eq!(os.mapped.load(Ordering::Relaxed), 0);
}

fn play_where(keep: impl Fn(&mut Setup)) {
    let steps = prop::collection::vec(prop::collection::vec(step(), 1..60), THREADS);
    let cases = (setup(), steps).prop_map(|(mut setup, steps)| {
        keep(&mut setup);
        (setup, steps)
    });
    let played = runner(3).run(&cases, |(setup, steps)| {
        play(setup.config(), &steps);
        Ok(())
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
}

#[test]
fn threads_with_headers_lose_and_mix_up_nothing() {
    play_where(|setup| setup.header = true);
}

#[test]
fn threads_without_headers_lose_and_mix_up_nothing() {
    play_where(|setup| setup.header = false);
}
