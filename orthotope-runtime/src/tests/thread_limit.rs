//! What a thread's cache may hold over all classes: the bound, and how it is shared.

use core::ptr::NonNull;
use core::time::Duration;

use super::double::Double;
use super::rng::Rng;
use crate::allocator::{Engine, Visit, leave_thread};
use crate::arena::{Schedule, TICKS};
use crate::config::{Config, Purge};
use crate::sync::Ordering;
use crate::thread_cache::{Cold, LocalBins, Locals, bin};
use crate::{class::ScaledClass, tune};

const CLASSES: usize = tune::GENERAL_CLASSES.len();

/// An engine and one thread's cache, checked after every operation.
struct Thread {
    engine: &'static Engine,
    locals: NonNull<Locals>,
    /// Trips through the slow path.
    trips: usize,
}

impl Thread {
    fn new(config: Config) -> Self {
        let engine = Engine::new(Double::leaked(), config, true).expect("nothing is refused");
        // SAFETY: the engine is ours, and never released.
        Self::of(unsafe { engine.as_ref() })
    }

    /// One more thread of the same engine.
    fn of(engine: &'static Engine) -> Self {
        let bins: &'static LocalBins<CLASSES> = Box::leak(Box::new(LocalBins::new()));
        let locals = bins.locals();
        let limits = (0..engine.config.classes.len()).map(|class| engine.limits(class));
        // SAFETY: the bins are ours alone, enough of them, and live for ever.
        unsafe { Visit::bind(engine, locals, leave_thread, limits) };
        Self {
            engine,
            locals,
            trips: 0,
        }
    }

    fn visit(&mut self) -> Visit<'static> {
        self.trips += 1;
        // SAFETY: the locals are ours, and bound to this engine.
        unsafe { Visit::enter(self.engine, self.locals) }
    }

    /// As the generated fast path does it.
    fn take(&mut self, class: usize) -> NonNull<u8> {
        // SAFETY: there is a bin for each class.
        let hot = unsafe { bin(self.locals, ScaledClass::new(class)) };
        let size = self.engine.config.classes[class];
        let block = (!self.engine.config.header).then(|| hot.pop()).flatten();
        let block = block.or_else(|| self.visit().alloc_small(class, size));
        self.validate();
        let block = block.expect("there is memory");
        // SAFETY: the block is new, and at least 8 bytes long.
        unsafe { block.cast::<usize>().write(class) };
        block
    }

    fn give(&mut self, class: usize, block: NonNull<u8>) {
        // SAFETY: the block is live.
        let written = unsafe { block.cast::<usize>().read() };
        assert_eq!(written, class, "nobody else has the block");
        // SAFETY: there is a bin for each class.
        let hot = unsafe { bin(self.locals, ScaledClass::new(class)) };
        if self.engine.config.header {
            // SAFETY: the block is live and given up.
            unsafe { self.visit().free_checked(block, None) }.expect("the block is live");
        } else if !hot.push(block) {
            // SAFETY: the block is of this class, and given up.
            unsafe { self.visit().free_local(class, block) };
        }
        self.validate();
    }

    /// So many blocks taken and given back.
    fn cycle(&mut self, class: usize, count: usize) {
        let blocks: Vec<_> = (0..count).map(|_| self.take(class)).collect();
        for block in blocks {
            self.give(class, block);
        }
    }

    fn cold(&self) -> NonNull<Cold> {
        // SAFETY: the locals are ours.
        NonNull::new(unsafe { self.locals.as_ref() }.cold.get()).expect("the thread is bound")
    }

    fn validate(&self) {
        // SAFETY: the cache is ours.
        unsafe { Cold::validate(self.cold(), self.engine.centrals()) };
        if let Some(limit) = self.engine.config.thread_limit {
            assert!(self.held() <= limit, "{} of {limit} bytes", self.held());
        }
    }

    fn kept(&self, class: usize) -> usize {
        // SAFETY: the cache is ours.
        unsafe { Cold::kept(self.cold(), class) }
    }

    /// Bytes of blocks in the cache, counted.
    fn held(&self) -> usize {
        let bytes = |class| self.kept(class) * self.engine.config.stride(class);
        (0..self.engine.config.classes.len()).map(bytes).sum()
    }

    fn allowance(&self, class: usize) -> usize {
        // SAFETY: the cache is ours.
        unsafe { Cold::allowance(self.cold(), class) }
    }

    fn flush(&mut self) {
        self.visit().publish();
        self.validate();
        assert_eq!(self.held(), 0);
        for class in 0..self.engine.config.classes.len() {
            assert_eq!(self.allowance(class), 0, "class {class}");
        }
    }
}

fn general(limit: usize) -> Config {
    // An hour: no background thread interferes.
    Config::general()
        .with_arena(256 << 20)
        .with_thread_limit(limit)
        .with_purge(Purge::After(Duration::from_secs(3_600)))
}

/// Random requests of every class, in phases that prefer some of them.
fn wander(config: Config, steps: usize, seed: u64) {
    let mut thread = Thread::new(config);
    let classes = config.classes.len();
    let mut rng = Rng::new(seed);
    let mut live: Vec<(usize, NonNull<u8>)> = Vec::new();
    let mut growing = true;
    let mut few = classes;
    for step in 0..steps {
        if step % 97 == 0 {
            growing = rng.below(2) == 0;
            few = 1 + rng.below(classes);
        }
        if live.is_empty() || (rng.below(4) > 0) == growing && live.len() < 400 {
            let class = rng.below(few);
            live.push((class, thread.take(class)));
        } else {
            let (class, block) = live.swap_remove(rng.below(live.len()));
            thread.give(class, block);
        }
        if step % 1_009 == 0 {
            thread.engine.validate();
        }
        if step % 5_003 == 0 {
            thread.flush();
        }
    }
    for (class, block) in live {
        thread.give(class, block);
    }
    thread.flush();
    thread.engine.reclaim();
    thread.engine.validate();
}

#[test]
fn the_sum_is_bounded_after_every_operation() {
    for (seed, limit) in [(1, 4 << 10), (2, 64 << 10), (3, 300_000), (4, 1 << 20)] {
        wander(general(limit), 20_000, seed);
    }
}

#[test]
fn every_class_is_bounded_alone_where_there_is_no_limit() {
    let mut config = general(0);
    config.thread_limit = None;
    wander(config, 10_000, 5);
}

#[test]
fn a_limit_holds_with_headers_too() {
    let config = Config::tensor()
        .with_arena(512 << 20)
        .with_thread_limit(64 << 10)
        .with_classes(&[64, 256, 4_096, 6_144, 65_536]);
    wander(config, 10_000, 6);

    // What belongs to another thread is not kept either.
    let mut owner = Thread::new(config);
    let mut other = Thread::of(owner.engine);
    let blocks: Vec<_> = (0..500).map(|_| owner.take(0)).collect();
    for block in blocks {
        other.give(0, block);
        assert_eq!(other.held(), 0);
    }
}

#[test]
fn a_hot_class_grows_to_all_that_its_limits_keep() {
    let mut thread = Thread::new(general(1 << 20));
    for class in [0, 5, 20, 50, 60, 70] {
        let keep = thread.engine.limits(class).keep;
        assert_eq!(thread.allowance(class), 0);
        let one = thread.take(class);
        assert!(thread.kept(class) <= 3, "caches start small");
        thread.give(class, one);
        let first = thread.allowance(class);
        assert!((1..=keep.div_ceil(2)).contains(&first), "{first} of {keep}");
        for _ in 0..8 {
            thread.cycle(class, 2 * keep);
        }
        assert_eq!(thread.allowance(class), keep, "class {class}");
        // What fits is served without the slow path.
        thread.cycle(class, keep / 2);
        let before = thread.trips;
        thread.cycle(class, keep / 2);
        assert_eq!(thread.trips, before);
    }
}

#[test]
fn an_idle_class_gives_its_allowance_up() {
    let mut thread = Thread::new(general(128 << 10));
    // Both classes fill all that there is, each half of it.
    let (idle, hot, late) = (CLASSES - 30, CLASSES - 31, CLASSES - 32);
    for class in [idle, hot] {
        let keep = thread.engine.limits(class).keep;
        for _ in 0..10 {
            thread.cycle(class, 2 * keep);
        }
        assert_eq!(thread.allowance(class), keep);
    }
    let all = |thread: &Thread, class| thread.allowance(class) == thread.engine.limits(class).keep;
    let mut rounds = 0;
    while !(all(&thread, hot) && all(&thread, late)) {
        for class in [hot, late] {
            thread.cycle(class, 2 * thread.engine.limits(class).keep);
        }
        rounds += 1;
        assert!(rounds < 100, "the idle class gives");
    }
    assert!(thread.kept(idle) <= 1, "and keeps nothing that others want");
    // They do not need it any more, and leave one another in peace.
    let before = thread.trips;
    for class in [hot, late, hot, late] {
        thread.cycle(class, thread.engine.limits(class).keep / 2);
    }
    assert_eq!(thread.trips, before);
}

/// What a thread learnt before it was away for a whole purge is forgotten, and what it kept goes to the others.
#[test]
fn a_cache_starts_anew_after_its_thread_was_away_for_a_whole_purge() {
    let schedule = Schedule::of(general(1 << 20).purge);
    for by_a_free in [false, true] {
        let mut thread = Thread::new(general(1 << 20));
        let classes = [5, 20, 50];
        for class in classes {
            for _ in 0..4 {
                thread.cycle(class, 2 * thread.engine.limits(class).keep);
            }
        }
        let others = |thread: &Thread| classes.map(|class| thread.kept(class));
        let (held, kept) = (thread.held(), others(&thread));
        let class = 30;
        for _ in 1..TICKS {
            thread.engine.tick(schedule);
        }
        let block = thread.take(class);
        assert_eq!(others(&thread), kept, "a shorter absence changes nothing");
        assert!(held > 0);
        // The stack of `class` is emptied or filled, so that the next step comes to the slow path.
        let full = thread.allowance(class) - thread.kept(class);
        let mut blocks: Vec<_> = (0..full + 64).map(|_| thread.take(class)).collect();
        if by_a_free {
            let room = thread.allowance(class) - thread.kept(class);
            for block in blocks.drain(..room) {
                thread.give(class, block);
            }
        } else {
            blocks.extend((0..thread.kept(class)).map(|_| thread.take(class)));
        }
        for _ in 0..TICKS {
            thread.engine.tick(schedule);
        }
        if by_a_free {
            thread.give(class, blocks.pop().expect("one of many"));
        } else {
            blocks.push(thread.take(class));
        }
        assert_eq!(others(&thread), [0; 3], "by a free: {by_a_free}");
        assert_eq!(classes.map(|class| thread.allowance(class)), [0; 3]);
        for block in blocks.into_iter().chain([block]) {
            thread.give(class, block);
        }
        thread.engine.validate();
    }
}

#[test]
fn hot_classes_do_not_rob_each_other_in_turns() {
    let mut thread = Thread::new(general(96 << 10));
    let classes = [CLASSES - 30, CLASSES - 31, CLASSES - 32, CLASSES - 33];
    let round = |thread: &mut Thread| {
        for class in classes {
            thread.cycle(class, 2 * thread.engine.limits(class).keep);
        }
        classes.map(|class| thread.allowance(class))
    };
    for _ in 0..20 {
        round(&mut thread);
    }
    let settled = round(&mut thread);
    assert!(
        settled.iter().all(|&allowance| allowance > 0),
        "{settled:?}"
    );
    let mut moved = 0;
    for _ in 0..100 {
        moved += usize::from(round(&mut thread) != settled);
    }
    assert!(moved < 10, "{moved} of 100 rounds moved an allowance");
}

#[test]
fn a_class_beyond_half_the_limit_keeps_none() {
    let mut thread = Thread::new(general(64 << 10));
    let largest = CLASSES - 1;
    for limit in [1, 100] {
        let mut small = Thread::new(general(limit));
        for class in [0, 5, 40, largest] {
            small.cycle(class, 20);
            assert!(small.held() <= limit);
        }
        small.flush();
    }
    let class = thread
        .engine
        .class_of((32 << 10) + 1)
        .expect("there is one");
    thread.cycle(class, 5);
    assert_eq!((thread.allowance(class), thread.kept(class)), (0, 0));
    thread.cycle(class - 1, 5);
    assert_eq!(
        (thread.allowance(class - 1), thread.kept(class - 1)),
        (1, 1)
    );
    thread.flush();
}

#[test]
fn blocks_that_no_cache_keeps_are_shared_by_all() {
    let mut first = Thread::new(general(4 << 10));
    let mut second = Thread::of(first.engine);
    let class = first.engine.class_of(3_000).expect("there is one");
    let blocks: Vec<_> = (0..50).map(|_| first.take(class)).collect();
    for &block in &blocks {
        first.give(class, block);
    }
    let again: Vec<_> = (0..50).map(|_| second.take(class)).collect();
    assert!(again.iter().all(|block| blocks.contains(block)));
    for block in again {
        second.give(class, block);
    }
    first.engine.validate();
}

#[test]
fn a_cache_without_memory_for_its_stacks_still_serves() {
    let os = Double::leaked();
    let engine = Engine::new(os, general(64 << 10), true).expect("nothing is refused");
    // SAFETY: the engine is ours, and never released.
    let mut thread = Thread::of(unsafe { engine.as_ref() });
    thread.cycle(3, 100);
    os.allowed.store(0, Ordering::Relaxed);
    thread.cycle(3, 100);
    thread.flush();
}
