//! Memory on its way back to the system: marked, dropped and counted. What becomes of slabs is in `slabs`, of zeros in
//! `clear`, and of wrong frees in `told`.

mod clear;
mod slabs;
mod told;

use core::ptr::NonNull;

use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::Schedule;
use crate::config::{Config, HugePages, Purge};
use crate::large::Contents;
use crate::sync::Ordering;
use crate::tests::double::Double;
use crate::tests::rng::Rng;
use crate::thread_cache::LocalBins;

const MIB: usize = 1 << 20;

/// An engine with one thread bound to it, both for ever.
struct Bench {
    os: &'static Double,
    engine: &'static Engine,
    bins: &'static LocalBins<88>,
}

impl Bench {
    fn new(config: Config) -> Self {
        let os = Double::leaked();
        let engine = Engine::new(os, config, true).expect("the double refuses nothing");
        // SAFETY: the engine is ours, and never released.
        let engine = unsafe { engine.as_ref() };
        let bins: &'static LocalBins<88> = Box::leak(Box::new(LocalBins::new()));
        let limits = (0..config.classes.len()).map(|class| engine.limits(class));
        // SAFETY: the bins are ours alone, at least one a class, and live for ever.
        unsafe { Visit::bind(engine, bins.locals(), leave_thread, limits) };
        Self { os, engine, bins }
    }

    fn visit(&self) -> Visit<'static> {
        // SAFETY: the locals are ours alone, bound to this engine.
        unsafe { Visit::enter(self.engine, self.bins.locals()) }
    }

    fn alloc(&self, size: usize) -> NonNull<u8> {
        let block = match self.engine.class_of(size) {
            Some(class) => self.visit().alloc_small(class, size),
            None => self.visit().alloc_large(size, 8).map(|block| block.payload),
        };
        let block = block.expect("there is room");
        // SAFETY: the block is new and `size` bytes long.
        unsafe { block.write_bytes(0x5a, size) };
        block
    }

    fn free(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: callers give live blocks up.
        let freed = unsafe { self.visit().free_checked(block, Some(size)) };
        assert_eq!(freed, Ok(()));
    }

    fn flush(&self) {
        self.visit().publish();
    }

    fn tick(&self, schedule: Schedule) -> bool {
        let pending = self.engine.tick(schedule).pending;
        self.engine.validate();
        pending
    }

    /// Ticks until nothing is left to be done; how many it took.
    fn settle(&self, schedule: Schedule) -> usize {
        let mut ticks = 1;
        while self.tick(schedule) {
            ticks += 1;
            assert!(ticks < 100, "the clock comes to rest");
        }
        ticks
    }
}

fn general() -> Config {
    // An hour: no background thread interferes.
    Config::general()
        .with_arena(256 * MIB)
        .with_purge(Purge::After(core::time::Duration::from_secs(3_600)))
}

fn default_preset() -> Config {
    Config::tensor()
        .with_arena(256 * MIB)
        .with_purge(Purge::After(core::time::Duration::from_secs(3_600)))
}

fn schedule() -> Schedule {
    Schedule::of(general().purge)
}

#[test]
fn what_is_free_is_marked_then_dropped_and_the_clock_rests() {
    for config in [general(), default_preset()] {
        let bench = Bench::new(config);
        let blocks: Vec<_> = (0..4_096).map(|_| bench.alloc(4_096)).collect();
        let large = bench.alloc(20 * MIB);
        for block in blocks {
            bench.free(block, 4_096);
        }
        bench.free(large, 20 * MIB);
        bench.flush();
        assert!(bench.tick(schedule()) && bench.tick(schedule()) && bench.tick(schedule()));
        assert_eq!(bench.os.discarded.load(Ordering::Relaxed), 0);
        bench.tick(schedule());
        assert!(
            bench.os.offered.load(Ordering::Relaxed) >= 36 * MIB,
            "cold memory is marked"
        );
        let ticks = bench.settle(schedule());
        assert!((5..=12).contains(&ticks), "{ticks} more ticks");
        assert!(bench.os.discarded.load(Ordering::Relaxed) >= 36 * MIB);
        let stats = bench.engine.stats();
        assert!(
            stats.resident < MIB,
            "{} bytes are said to be resident",
            stats.resident
        );
        assert_eq!(stats.allocated, 0);
        assert_eq!(stats.large_free, 0, "what was purged leaves the pool");
    }
}

#[test]
fn never_marks_and_rests() {
    let bench = Bench::new(general());
    let large = bench.alloc(8 * MIB);
    bench.free(large, 8 * MIB);
    let never = Schedule::of(Purge::Never);
    bench.settle(never);
    assert_eq!(bench.os.offered.load(Ordering::Relaxed), 8 * MIB);
    assert_eq!(bench.os.discarded.load(Ordering::Relaxed), 0);
}

#[test]
fn eager_drops_a_span_with_its_free() {
    let bench = Bench::new(general().with_purge(Purge::Eager));
    let large = bench.alloc(8 * MIB);
    bench.free(large, 8 * MIB);
    // Whoever takes the lock next sweeps the lane where it is parked.
    bench.engine.stats();
    assert_eq!(bench.os.discarded.load(Ordering::Relaxed), 8 * MIB);
    assert_eq!(bench.os.offered.load(Ordering::Relaxed), 0);
}

#[test]
fn huge_pages_go_whole() {
    let bench = Bench::new(general().with_huge_pages(HugePages::Always));
    assert!(
        bench
            .engine
            .arena
            .home()
            .base()
            .as_ptr()
            .addr()
            .is_multiple_of(2 * MIB)
    );
    let blocks: Vec<_> = (0..4).map(|_| bench.alloc(3 * MIB)).collect();
    assert!(bench.os.advised.load(Ordering::Relaxed) >= 12 * MIB);
    bench.free(blocks[1], 3 * MIB);
    bench.settle(Schedule::NOW);
    // Bytes 3 to 6 MiB hold one huge page.
    assert_eq!(bench.os.discarded.load(Ordering::Relaxed), 2 * MIB);
    bench.free(blocks[0], 3 * MIB);
    bench.settle(Schedule::NOW);
    assert_eq!(bench.os.discarded.load(Ordering::Relaxed), 6 * MIB);
}

#[test]
fn refused_advice_is_no_error() {
    let bench = Bench::new(general());
    bench.os.no_advice.store(true, Ordering::Relaxed);
    let blocks: Vec<_> = (0..1_024).map(|_| bench.alloc(8_192)).collect();
    let large = bench.alloc(8 * MIB);
    for block in blocks {
        bench.free(block, 8_192);
    }
    bench.free(large, 8 * MIB);
    bench.flush();
    bench.settle(schedule());
    let again = bench
        .visit()
        .alloc_large(8 * MIB, 8)
        .expect("there is room");
    assert_ne!(
        again.contents,
        Contents::Zero,
        "what the system would not take is not zero"
    );
    bench.free(again.payload, 8 * MIB);
    bench.os.no_advice.store(false, Ordering::Relaxed);
    bench.settle(Schedule::NOW);
    assert!(bench.os.discarded.load(Ordering::Relaxed) >= 8 * MIB);
}

#[test]
fn random_requests_with_ticks_between_lose_nothing() {
    for (config, seed) in [(general(), 1), (default_preset(), 2)] {
        let bench = Bench::new(config);
        let mut rng = Rng::new(seed);
        let mut live: Vec<(NonNull<u8>, usize, u8)> = Vec::new();
        for step in 0..1_500 {
            if rng.below(5) < 2 && !live.is_empty() {
                let (block, size, mark) = live.swap_remove(rng.below(live.len()));
                for offset in [0, size / 2, size - 1] {
                    // SAFETY: the block is live and `size` bytes long.
                    assert_eq!(unsafe { block.add(offset).read() }, mark);
                }
                bench.free(block, size);
            } else {
                let bits = rng.below(22);
                let size = 1 + rng.below(1 << bits);
                let block = bench.alloc(size);
                // SAFETY: as above.
                unsafe { block.write_bytes(step as u8, size) };
                live.push((block, size, step as u8));
            }
            if live.iter().map(|(_, size, _)| size).sum::<usize>() > 128 * MIB {
                for (block, size, _) in live.drain(..) {
                    bench.free(block, size);
                }
            }
            match rng.below(60) {
                0..4 => _ = bench.engine.tick(schedule()),
                4 => _ = bench.engine.tick(Schedule::NOW),
                5 => bench.flush(),
                _ => {}
            }
            bench.engine.validate();
        }
        let payload: usize = live
            .iter()
            .map(|&(_, size, _)| match bench.engine.class_of(size) {
                Some(class) => bench.engine.config.classes[class],
                None => size.next_multiple_of(bench.engine.config.align),
            })
            .sum();
        bench.flush();
        let stats = bench.engine.stats();
        assert_eq!(stats.allocated, payload, "exactly what is live");
        assert!(stats.allocated <= stats.active && stats.active <= stats.mapped);
        assert!(stats.active + stats.metadata <= stats.resident);
    }
}

#[test]
fn whatever_way_a_large_block_is_freed_somebody_looks_after_it() {
    let bench = Bench::new(default_preset());
    let parked = bench.alloc(20 * MIB);
    assert!(!bench.engine.arena.is_watched());
    // The way of the typed functions and of instances.
    bench.free(parked, 20 * MIB);
    assert!(bench.engine.arena.is_watched());
}
