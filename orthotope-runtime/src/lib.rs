//! The engine of the orthotope allocator: arena, slabs, thread caches, and what generated code calls.
//!
//! Users add the crate `orthotope`, which re-exports what they need. This crate is for those who read on. The chapter [`design`]
//! has the figures, the states and the orderings.
//!
//! # Layers
//!
//! A module uses only modules above it in this table; a test holds it to that.
//!
//! | module | owns | knows nothing of |
//! | --- | --- | --- |
//! | `sync` | atomics, real or a model checker's | everything |
//! | `sys` | the operating-system seam: address space, locks, threads, forks, last words | sizes, classes |
//! | `fallback` | blocks lent to a thread that re-enters, by the system's allocator or by `sys` | everything else |
//! | `tune` | the presets' class tables, and their arithmetic | memory |
//! | `profile` | recordings: their bins and their text | memory |
//! | `record` | counting what a program asks for, and the file of it | classes |
//! | `heap` | with the feature `profiling`: which live blocks were sampled, and who asked for them | how blocks are made |
//! | `class` | size to class; [`SizeClass`] | arenas |
//! | `random` | numbers that nobody foresees | everything |
//! | `poison` | what free memory holds, and whether it still does, in a hardened allocator | whose memory it is |
//! | `config` | [`Config`], [`AllocatorConfig`], and what is derived from them | memory |
//! | `error` | the typed failures | everything |
//! | `stats` | the snapshots | everything but `class` |
//! | `arena` | regions, spans, the page directory, the budget, lanes of parked spans, ages, memory for records | blocks |
//! | `slab` | a span cut into equal blocks; the free set and the pages' ages, out of band | threads |
//! | `block` | the header, or none | caches |
//! | `tuner` | from a profile to the class table that wastes least | threads |
//! | `depot` | magazines, and the stack of full ones | slabs, threads |
//! | `central` | per class: the depot and the slabs with free blocks | thread state |
//! | `thread_cache` | per class a stack of blocks; refill, flush, staged frees | where spans come from |
//! | `large` | large blocks in spans of their own | classes |
//! | `allocator` | the parts put together; the background thread; [`Allocator`], [`ThreadCache`] | `GlobalAlloc` |
//! | `global` | what generated code calls | – |
//! | `design` | the chapter about all of them, in the documentation alone | – |
//!
//! # Life of a block
//!
//! Carved from a slab by a refill, handed out from a thread's stack, pushed back onto one by its free. What
//! a stack keeps too many of leaves it in a magazine, whole, for the depot of its class; the next thread
//! whose stack runs empty takes the magazine, whole. Only what the depot has too much of, its oldest
//! magazine, is walked block by block, back into the bitmaps of its slabs. A slab whose blocks are all back
//! is a free span of the arena again, and may serve any class or a large block.
//!
//! # Life of a page
//!
//! Reserved address space is committed in steps of 2 MiB or more and never uncommitted. A page comes from the system at
//! its first touch. Once it holds no live and no cached block it is cold, and ages in ticks of a tenth of `purge`: after
//! one it is offered to the system (`MADV_FREE`), after ten given back (`MADV_DONTNEED`), and zero from then
//! on. Ages are bytes beside the page directory, one a granule for spans, one a page for slabs, so that a page goes back
//! though its slab lives. The ticks are a background thread's: it starts once a mebibyte has become free, sleeps while
//! nothing is cold, and watches every allocator of the process.
//!
//! What stays in memory for a class though it is free is bounded: in each thread, at most the thread's limit over all
//! classes (a flush leaves nothing, and a thread that comes back after a whole purge starts anew); in the depot, 32
//! magazines and 256 KiB (8 magazines at least with a header), and none that lay there for a whole tick; one free slab of
//! less than 256 KiB until a tick finds it idle; the part of one slab that was never carved. With a header, free slabs
//! stay with their class as address space, their pages given back, until some request does not fit.
//!
//! # Life of a thread
//!
//! Its first request finds an empty stack, its first free a full one: both are the slow path, which gives
//! the thread a cache and registers the exit hook. The hook runs after the destructors of thread-local
//! values, publishes every block and leaves the thread uncached: later requests work on the central pool.

// With `cfg(loom)` there is nothing but what `models` is about.
#![cfg_attr(
    loom,
    expect(dead_code, reason = "a model asks for a part of what it is about")
)]

/// Everything, where there is a system for it. Elsewhere the message alone, and no error that only follows from it.
///
/// The name is the one inside which rustfmt looks for modules.
macro_rules! cfg_if {
    (if #[cfg($supported:meta)] { $($item:item)* } else { $($message:item)* }) => {
        $(#[cfg($supported)] $item)*
        $(#[cfg(not($supported))] $message)*
    };
}

// Not below: what a macro expands to may export no macro that this crate names by a path, as `c_api_locals`.
#[cfg(all(unix, target_pointer_width = "64", not(loom)))]
pub mod global;

cfg_if! {
    if #[cfg(all(unix, target_pointer_width = "64"))] {
        #[cfg(not(loom))]
        mod allocator;
        #[cfg(not(loom))]
        mod arena;
        mod block;
        #[cfg(not(loom))]
        mod central;
        mod class;
        #[cfg(not(loom))]
        mod config;
        #[cfg(not(loom))]
        mod depot;
        #[cfg(doc)]
        pub mod design;
        #[cfg(not(loom))]
        mod error;
        mod fallback;
        #[cfg(all(feature = "profiling", not(loom)))]
        pub mod heap;
        #[cfg(not(loom))]
        mod large;
        #[cfg(loom)]
        mod models;
        #[cfg(not(loom))]
        mod poison;
        pub mod profile;
        #[cfg(not(loom))]
        mod random;
        #[cfg(not(loom))]
        pub mod record;
        #[cfg(not(loom))]
        mod slab;
        #[cfg(not(loom))]
        mod stats;
        mod sync;
        #[cfg(not(loom))]
        mod sys;
        #[cfg(all(any(test, fuzzing), not(loom)))]
        mod tests;
        #[cfg(not(loom))]
        mod thread_cache;
        pub mod tune;
        #[cfg(not(loom))]
        pub mod tuner;

        #[cfg(not(loom))]
        pub use allocator::{Allocator, ThreadCache};
        pub use class::{HEADER_BYTES, MAX_CLASSES, SizeClass};
        #[cfg(not(loom))]
        pub use config::{AllocatorConfig, ClassLimits, Config, Exhausted, HugePages, Purge};
        #[cfg(not(loom))]
        pub use error::{AllocError, FreeError, InitError};
        #[cfg(not(loom))]
        pub use stats::{AllocatorStats, ClassStats, SizeClassStats, Stats, ThreadCacheStats};
        #[cfg(all(any(test, fuzzing), not(loom)))]
        pub use tests::{Case, run};
        #[cfg(not(loom))]
        pub use thread_cache::{LocalBins, Locals};
    } else {
        compile_error!(
            "orthotope supports 64-bit Unix targets alone: its arenas are address space that Unix reserves, and 32 bits have \
             none to spare. Build for such a target, or leave orthotope to those that have it: move the dependency to \
             `[target.'cfg(all(unix, target_pointer_width = \"64\"))'.dependencies]` and put \
             `#[cfg(all(unix, target_pointer_width = \"64\"))]` on the static"
        );
    }
}
