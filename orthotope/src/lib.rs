#![doc = include_str!("guide.md")]
// For the standard library's trait in the expansion, without a `#![feature]` in the crate that has it.
#![cfg_attr(feature = "nightly", feature(allow_internal_unstable))]
#![cfg_attr(
    feature = "nightly",
    expect(internal_features, reason = "`allow_internal_unstable` is one")
)]

#[cfg(feature = "profiling")]
mod heap_profile;
mod preset;
mod process;
mod recorder;
mod traits;

pub use orthotope_macros::allocator;
pub use orthotope_runtime::{
    AllocError, Allocator, AllocatorConfig, AllocatorStats, ClassStats, Config, Exhausted,
    FreeError, HugePages, InitError, Purge, SizeClass, SizeClassStats, Stats, ThreadCache,
    ThreadCacheStats,
};
/// The default preset as a ready-made allocator: twelve classes from 64 bytes to 16 MiB, a header, alignment 64.
///
/// As the program's allocator:
///
/// ```rust,standalone_crate
/// use orthotope::OrthotopeGlobalAlloc;
///
/// #[global_allocator]
/// static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
///
/// let numbers: Vec<u32> = (0..1_000).collect();
/// assert!(numbers.as_ptr().addr().is_multiple_of(64));
/// ```
///
/// Or by its typed functions, beside whatever static is installed:
///
/// ```
/// use orthotope::OrthotopeGlobalAlloc as Tensors;
///
/// let block = Tensors::allocate(5_000)?;
/// // SAFETY: the block is live, and not used after its free.
/// unsafe {
///     assert!(Tensors::usable_size(block)? >= 5_000);
///     Tensors::deallocate_with_size(block, 5_000)?;
/// }
/// Tensors::flush_thread();
/// Tensors::purge_now();
/// assert_eq!(Tensors::CLASSES.len(), Tensors::stats().classes.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use preset::OrthotopeGlobalAlloc;
pub use process::{allocate, deallocate, deallocate_with_size, global_stats};
pub use recorder::Recorder;

/// What generated code names. No promise is made about it.
#[doc(hidden)]
pub mod __private {
    pub use crate::__allocator_traits as allocator_traits;
    #[cfg(feature = "profiling")]
    pub use crate::heap_profile::{heap_profile, write_at_exit};
    #[cfg(feature = "profiling")]
    pub use orthotope_runtime::global::set_heap_sample_interval;
    /// The bodies of the allocator traits' functions.
    pub mod traits {
        pub use crate::traits::{allocate, allocate_zeroed, deallocate, grow, grow_zeroed, shrink};
    }
    #[cfg(feature = "allocator-api2")]
    pub use allocator_api2;
    #[cfg(feature = "allocator-api2-04")]
    pub use allocator_api2_04;
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
#[doc = include_str!("../README.md")]
struct Readme;

/// The attribute's reference, whose code needs this crate.
#[cfg(doctest)]
#[doc = include_str!("attribute.md")]
struct Attribute;
