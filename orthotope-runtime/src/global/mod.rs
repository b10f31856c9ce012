//! What generated code calls: `GlobalAlloc`, the binding of threads, the way to the system's allocator.
//!
//! The generated type implements [`Generated`]; everything else is a function here, generic over it. The
//! functions in `fast` are inlined into the user's program; those in `slow` and `slow_free` are cold, out of line, and
//! shared by all configurations; `typed` has what answers with an error instead of a null. A configuration that is
//! `hardened` leaves the fast path at once. `sampled` is the heap profile's part, and nothing without its feature.
//!
//! Read on in this order: here, `fast`, `slow`, `slow_free`, `hardened`, `typed`, `sampled`, `runtime`, `start`, `c_api`, `image`.

pub mod c_api;
mod fast;
mod hardened;
#[doc(hidden)]
pub mod image;
mod runtime;
#[cfg_attr(not(feature = "profiling"), path = "unsampled.rs")]
mod sampled;
mod slow;
mod slow_free;
mod start;
mod typed;

use core::ptr::NonNull;

pub use fast::{alloc, alloc_zeroed, dealloc, realloc};
pub use runtime::Runtime;
#[cfg(feature = "profiling")]
pub use sampled::{heap_snapshot, set_heap_sample_interval, without_heap_samples};
pub use typed::{
    allocate, allocator_stats, deallocate, deallocate_with_size, flush_thread, purge_now, stats,
    usable_size,
};

use crate::arena::{GRANULE, reciprocal};
use crate::class::{ClassTable, MAX_CLASSES};
use crate::config::Config;
use crate::thread_cache::Locals;

/// A type that the attribute generated: one allocator of the process.
///
/// # Safety
///
/// `runtime` returns the same static each time, used by no other type. `locals` returns the calling
/// thread's [`LocalBins`](crate::LocalBins) of this type, with exactly `CONFIG.classes.len()` bins, in
/// thread-local memory without a destructor. `CONFIG` keeps the rules that the attribute checks.
///
/// # By hand
///
/// What the attribute generates can be written by hand:
///
/// ```
/// use core::ptr::NonNull;
/// use orthotope_runtime::global::{self, Generated, Runtime};
/// use orthotope_runtime::{Config, LocalBins, Locals};
///
/// #[derive(Clone, Copy)]
/// struct Pool;
///
/// // SAFETY: `BINS` is this thread's and has one bin per class; `RUNTIME` is the only one.
/// unsafe impl Generated for Pool {
///     const CONFIG: Config = Config::general().with_classes(&[64, 256]);
///
///     fn runtime() -> &'static Runtime {
///         static RUNTIME: Runtime = Runtime::new();
///         &RUNTIME
///     }
///
///     fn locals() -> NonNull<Locals> {
///         thread_local!(static BINS: LocalBins<2> = const { LocalBins::new() });
///         BINS.with(LocalBins::locals)
///     }
/// }
///
/// let block = global::allocate::<Pool>(100)?;
/// // SAFETY: the block is live, of this size, and not used afterwards.
/// unsafe { global::deallocate_with_size::<Pool>(block, 100)? };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub unsafe trait Generated: Copy + Send + Sync + 'static {
    /// What the attribute's arguments said.
    const CONFIG: Config;

    /// What writes the heap profile that the environment asked for when the code was loaded, at the end of the process.
    #[cfg(feature = "profiling")]
    const WRITE_HEAP_AT_EXIT: Option<extern "C" fn()> = None;

    /// The allocator's shared state.
    fn runtime() -> &'static Runtime;

    /// The calling thread's cache.
    fn locals() -> NonNull<Locals>;
}

/// What follows from a configuration at compile time.
trait Derived: Generated {
    /// Size to class.
    const TABLE: &'static ClassTable = &ClassTable::new(Self::CONFIG.classes, Self::CONFIG.align);
    /// Largest request that is served by a class.
    const SERVED: usize = Self::CONFIG.largest_served();
    /// Largest request whose class is one load away.
    const SMALL: usize = if Self::SERVED < Self::TABLE.small_max() {
        Self::SERVED
    } else {
        Self::TABLE.small_max()
    };
    /// Whether free blocks are marked.
    const MARKS: bool = Self::CONFIG.marks();
    /// By what a free that is told no size sees that an address is the start of a block: an entry a class.
    const RECIPROCALS: &'static [u64; MAX_CLASSES] = &reciprocals(&Self::CONFIG);
}

const fn reciprocals(config: &Config) -> [u64; MAX_CLASSES] {
    let mut reciprocals = [0; MAX_CLASSES];
    let mut class = 0;
    while class < config.classes.len() {
        reciprocals[class] = reciprocal(config.stride(class));
        class += 1;
    }
    reciprocals
}

impl<G: Generated> Derived for G {}

/// Without a header, a request for more than this alignment goes to the system's allocator: 2 MiB, the largest that
/// programs ask for in earnest (a huge page) and the attribute lets them configure.
const MOST_ALIGNED: usize = 2 << 20;

/// Where a layout is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// By a class.
    Class(usize),
    /// By a large block.
    Large,
    /// By the system's allocator. The layout alone says so again at the free.
    System,
}

/// The route of any layout.
#[inline]
fn route<G: Generated>(size: usize, align: usize) -> Route {
    if align <= G::CONFIG.align && size.wrapping_sub(1) < G::SMALL {
        return Route::Class(G::TABLE.small(size).index());
    }
    // Where the system's allocator is ourselves, an empty request is one for a byte, and any alignment a large block's.
    let size = if G::CONFIG.c_api { size.max(1) } else { size };
    if size == 0
        || (!G::CONFIG.c_api
            && align
                > if G::CONFIG.header {
                    G::CONFIG.align
                } else {
                    MOST_ALIGNED.max(G::CONFIG.align)
                })
    {
        return Route::System;
    }
    let class = if size > G::SERVED {
        None
    } else if align <= G::CONFIG.align {
        G::TABLE.class_of(size)
    } else if align <= GRANULE {
        // Slabs start on granules, and their blocks side by side: a block lies where a multiple of its class does.
        G::TABLE.class_aligned(size, align)
    } else {
        None
    };
    class.map_or(Route::Large, Route::Class)
}
