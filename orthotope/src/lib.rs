//! An allocator *generated for the program it serves*.
//!
//! Annotate a static, and the attribute [`allocator`] generates its type in your own crate: size-class
//! tables as constants, a thread-local cache and fast paths made for exactly this configuration, over a
//! shared runtime. Because the generated code is yours, the compiler inlines it.
//!
//! ```
//! #[global_allocator]
//! #[orthotope::allocator(arena = "4GiB", classes = [64, 256, 1024, 6144, "64KiB", "1MiB"], align = 64)]
//! static GLOBAL: ServeAlloc;
//!
//! let embedding = vec![0.0_f32; 384];
//! assert!(embedding.as_ptr().addr().is_multiple_of(64));
//! println!("{}", ServeAlloc::stats());
//! ```
//!
//! Recommended in the program's Cargo.toml: `lto = "thin"` for the release profile, so that allocations in
//! non-generic code of dependencies and of the standard library are inlined too.
//!
//! # Without writing a configuration
//!
//! [`OrthotopeGlobalAlloc`] is the default preset, made by the same attribute.
//!
//! ```
//! use orthotope::OrthotopeGlobalAlloc;
//!
//! #[global_allocator]
//! static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
//! ```
//!
//! # Without making it the program's allocator
//!
//! The process-wide functions [`allocate`] and [`deallocate`] use `OrthotopeGlobalAlloc`'s arena, whatever
//! static is installed. An [`Allocator`] is an arena of its own, used through one [`ThreadCache`] a thread.
//!
//! ```
//! use orthotope::{Allocator, AllocatorConfig, ThreadCache};
//!
//! let config = AllocatorConfig { arena_size: 64 << 20, ..AllocatorConfig::default() };
//! let allocator = Allocator::new(config)?;
//! let mut cache = ThreadCache::new(config);
//! let block = allocator.allocate_with_cache(&mut cache, 6_144)?;
//! // SAFETY: the block is live and not used afterwards.
//! unsafe { allocator.deallocate_with_size_checked(&mut cache, block, 6_144)? };
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Fitted to the program
//!
//! A [`Recorder`] round any allocator counts what the program asks for; `profile = "serve.json"` derives the classes from
//! that. `hardened = true` checks every free in full, `c_api = true` serves C's `malloc` family too: see [`allocator`].

mod preset;
mod process;
mod recorder;

pub use orthotope_macros::allocator;
pub use orthotope_runtime::{
    AllocError, Allocator, AllocatorConfig, AllocatorStats, ClassStats, Config, Exhausted,
    FreeError, HugePages, InitError, Purge, SizeClass, SizeClassStats, Stats, ThreadCache,
    ThreadCacheStats,
};
pub use preset::OrthotopeGlobalAlloc;
pub use process::{allocate, deallocate, deallocate_with_size, global_stats};
pub use recorder::Recorder;

/// What generated code names. No promise is made about it.
#[doc(hidden)]
pub mod __private {
    pub use orthotope_runtime::global::{
        Generated, Runtime, alloc, alloc_zeroed, allocate, c_api, dealloc, deallocate,
        deallocate_with_size, flush_thread, purge_now, realloc, stats, usable_size,
    };
    pub use orthotope_runtime::{
        AllocError, Config, Exhausted, FreeError, HugePages, LocalBins, Locals, Purge, Stats,
        c_api_locals,
    };
}

/// README.md's code, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
