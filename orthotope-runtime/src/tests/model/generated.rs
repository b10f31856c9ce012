//! Generated types: statics, thread-locals, real threads that end, and `GlobalAlloc`'s functions.
//!
//! Their configurations are constants, and their arenas live for ever: what a case leaves behind the next one finds.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::time::Duration;

use proptest::prelude::*;

use super::case::{THREADS, Way};
use super::play::play;
use super::random::{runner, step};
use super::subject::{Subject, check_empty};
use super::worker::Worker;
use crate::allocator::Engine;
use crate::arena::Schedule;
use crate::config::{Config, Exhausted, HugePages, Purge};
use crate::error::FreeError;
use crate::global::{
    Generated, Runtime, alloc, alloc_zeroed, dealloc, deallocate, deallocate_with_size,
    flush_thread, purge_now, realloc, stats, usable_size,
};
use crate::sync::Ordering;
use crate::tests::double::Double;
use crate::tests::generated::generated;
use crate::thread_cache::{Cold, LocalBins, Locals, Phase};

/// A generated type whose system is a double.
trait OnDouble: Generated {
    fn system() -> &'static Double;
}

macro_rules! on_double {
    ($name:ident, $classes:literal, $config:expr) => {
        generated!($name, $classes, $config, {
            static SYSTEM: &Double = $name::SYSTEM;
            Runtime::on(SYSTEM)
        });

        impl $name {
            const SYSTEM: &Double = {
                static SYSTEM: Double = Double::new();
                &SYSTEM
            };
        }

        impl OnDouble for $name {
            fn system() -> &'static Double {
                Self::SYSTEM
            }
        }
    };
}

/// No tick but ours.
const HOURS: Purge = Purge::After(Duration::from_secs(36_000));

on_double!(
    Bare,
    88,
    Config::general().with_arena(64 << 20).with_purge(HOURS)
);
on_double!(
    Headed,
    12,
    Config::tensor().with_arena(8 << 20).with_purge(HOURS)
);
on_double!(
    Tight,
    3,
    Config::general()
        .with_arena(4 << 20)
        .with_classes(&[64, 4_096, 200_000])
        .with_thread_limit(64 << 10)
        .with_exhausted(Exhausted::Null)
        .with_purge(Purge::Eager)
);
on_double!(
    TightHeaded,
    2,
    Config::tensor()
        .with_arena(6 << 20)
        .with_align(4_096)
        .with_classes(&[4_096, 65_536])
        .with_exhausted(Exhausted::Null)
        .with_purge(Purge::Eager)
);
on_double!(
    Huge,
    4,
    Config::general()
        .with_arena(16 << 20)
        .with_align(16)
        .with_classes(&[16, 48, 1_024, 100_000])
        .with_huge_pages(HugePages::Always)
        .with_purge(HOURS)
);

on_double!(
    HardenedBare,
    88,
    Config::general()
        .with_arena(64 << 20)
        .with_hardened(true)
        .with_purge(HOURS)
);
on_double!(
    HardenedHeaded,
    12,
    Config::tensor()
        .with_arena(8 << 20)
        .with_hardened(true)
        .with_purge(HOURS)
);
on_double!(
    HardenedTight,
    3,
    Config::general()
        .with_arena(4 << 20)
        .with_classes(&[64, 4_096, 200_000])
        .with_hardened(true)
        .with_thread_limit(64 << 10)
        .with_exhausted(Exhausted::Null)
        .with_purge(Purge::Eager)
);

/// A pointer that another thread may have.
#[derive(Clone, Copy)]
struct Shared(NonNull<u8>);

// SAFETY: it is a live block, which any thread may free.
unsafe impl Send for Shared {}

impl Shared {
    fn block(self) -> NonNull<u8> {
        self.0
    }
}

struct Program<G> {
    workers: Vec<Worker>,
    generated: PhantomData<G>,
}

impl<G: OnDouble> Program<G> {
    fn new() -> Self {
        let workers: Vec<_> = (0..THREADS).map(|_| Worker::new()).collect();
        workers[0].on(stats::<G>);
        Self::engine().arena.watch();
        Self {
            workers,
            generated: PhantomData,
        }
    }

    fn engine() -> &'static Engine {
        G::runtime().started().expect("it was used")
    }
}

/// Frees a block of `G`, as `way` says.
fn free_on<G: Generated>(block: NonNull<u8>, layout: Layout, way: Way) {
    let size = layout.size();
    let large = size > G::CONFIG.largest_served();
    let told_of_all = G::CONFIG.header || G::CONFIG.hardened;
    match way {
        Way::Unsized => {
            // SAFETY: the caller gives the block up.
            assert_eq!(unsafe { deallocate::<G>(block) }, Ok(()));
        }
        Way::Deferred => {
            // SAFETY: this thread's locals.
            let head = unsafe { G::locals().as_ref() };
            let before = head.phase.get();
            if before != Phase::Fresh {
                head.phase.set(Phase::Busy);
            }
            // SAFETY: the caller gives the block up.
            unsafe { dealloc::<G>(block.as_ptr(), layout) };
            head.phase.set(if before == Phase::Fresh {
                head.phase.get()
            } else {
                before
            });
            return;
        }
        Way::Mismatched if told_of_all || large => {
            // SAFETY: a refused free changes nothing.
            let refused = unsafe { deallocate_with_size::<G>(block, size + 1) };
            let told = FreeError::SizeMismatch {
                provided: size + 1,
                recorded: size,
            };
            assert_eq!(refused, Err(told));
            // SAFETY: the caller gives the block up.
            unsafe { dealloc::<G>(block.as_ptr(), layout) };
        }
        // SAFETY: the caller gives the block up.
        _ => unsafe { dealloc::<G>(block.as_ptr(), layout) },
    }
    if matches!(way, Way::Twice) && told_of_all {
        // SAFETY: a refused free changes nothing.
        let again = unsafe { deallocate::<G>(block) };
        let told = if large {
            FreeError::AlreadyFreedOrUnknownLarge
        } else {
            FreeError::DoubleFree
        };
        // Without a header, a block that had a slab for itself may have left with it, and a wide alignment's may be large.
        let left = again == Err(FreeError::AlreadyFreedOrUnknownLarge) && !G::CONFIG.header;
        assert!(
            left || again == Err(told),
            "{again:?} of {layout:?} at {block:p}"
        );
    }
}

impl<G: OnDouble> Subject for Program<G> {
    fn config(&self) -> Option<&Config> {
        Some(const { &G::CONFIG })
    }

    fn system(&self) -> &'static Double {
        G::system()
    }

    fn over_aligns(&self) -> bool {
        !G::CONFIG.header
    }

    fn alloc(&mut self, thread: usize, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        let block = self.workers[thread].on(move || {
            let block = if zeroed {
                // SAFETY: at least one byte.
                unsafe { alloc_zeroed::<G>(layout) }
            } else {
                // SAFETY: as above.
                unsafe { alloc::<G>(layout) }
            };
            NonNull::new(block).map(Shared)
        });
        block.map(Shared::block)
    }

    unsafe fn free(&mut self, thread: usize, block: NonNull<u8>, layout: Layout, way: Way) {
        let block = Shared(block);
        self.workers[thread].on(move || free_on::<G>(block.block(), layout, way));
    }

    unsafe fn realloc(
        &mut self,
        thread: usize,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let block = Shared(block);
        let moved = self.workers[thread].on(move || {
            // SAFETY: the block is live with this layout, by the caller's promise.
            let moved = unsafe { realloc::<G>(block.block().as_ptr(), layout, size) };
            NonNull::new(moved).map(Shared)
        });
        moved.map(Shared::block)
    }

    fn usable(&mut self, thread: usize, block: NonNull<u8>, _: Layout) -> usize {
        let block = Shared(block);
        self.workers[thread].on(move || {
            // SAFETY: the block is live.
            unsafe { usable_size::<G>(block.block()) }.expect("the block is live")
        })
    }

    fn flush(&mut self, thread: usize) {
        self.workers[thread].on(flush_thread::<G>);
    }

    fn tick(&mut self) {
        Self::engine().tick(Schedule::of(G::CONFIG.purge));
    }

    fn purge(&mut self, thread: usize) {
        self.workers[thread].on(purge_now::<G>);
    }

    fn leave(&mut self, thread: usize) {
        // Joined: its exit hook has run.
        core::mem::replace(&mut self.workers[thread], Worker::new()).join();
    }

    fn validate(&mut self) {
        Self::engine().validate();
        for worker in &self.workers {
            worker.on(|| {
                // SAFETY: this thread's locals.
                if let Some(cold) = NonNull::new(unsafe { G::locals().as_ref() }.cold.get()) {
                    // SAFETY: the cache is this thread's.
                    unsafe { Cold::validate(cold, Self::engine().centrals()) };
                }
            });
        }
    }

    fn check_empty(&mut self) {
        for thread in 0..THREADS {
            self.flush(thread);
        }
        check_empty(&self.workers[0].on(stats::<G>));
        Self::engine().reclaim();
    }

    fn finish(&mut self) {
        self.workers.drain(..).for_each(Worker::join);
        assert_eq!(stats::<G>().caches, 0, "every thread has left");
        assert!(G::system().mapped.load(Ordering::Relaxed) > 0);
    }
}

fn play_on<G: OnDouble>() {
    let cases = prop::collection::vec(step(), 1..60);
    let played = runner(8).run(&cases, |steps| {
        play(&mut Program::<G>::new(), &steps);
        Ok(())
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
}

on_double!(
    HugeLarge,
    2,
    Config::general()
        .with_arena(32 << 20)
        .with_classes(&[64, 4_096])
        .with_huge_pages(HugePages::Large)
        .with_purge(HOURS)
);

#[test]
fn generated_types_with_a_header_do_what_the_model_does() {
    play_on::<Headed>();
    play_on::<TightHeaded>();
}

#[test]
fn generated_types_without_a_header_do_what_the_model_does() {
    play_on::<Bare>();
    play_on::<Tight>();
    play_on::<Huge>();
    play_on::<HugeLarge>();
}

#[test]
fn hardened_generated_types_do_what_the_model_does() {
    play_on::<HardenedBare>();
    play_on::<HardenedHeaded>();
    play_on::<HardenedTight>();
}
