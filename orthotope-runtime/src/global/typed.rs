//! The typed functions of a generated type: what they refuse, they say.

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use super::fast::alloc_class;
use super::slow::{Statics, alloc_large, flush, purge};
use super::slow_free::free;
use super::{Generated, Route, route, sampled};
use crate::allocator::Engine;
use crate::class::ScaledClass;
use crate::error::{AllocError, FreeError, InitError};
use crate::fallback;
use crate::stats::{AllocatorStats, Stats};
use crate::thread_cache::Cold;
use crate::tune::TENSOR_CLASSES;

/// Allocates `size` bytes at the configuration's alignment.
///
/// # Errors
///
/// [`AllocError::ZeroSize`], [`AllocError::OutOfMemory`], or [`AllocError::GlobalInitFailed`] if the
/// system refused every size of arena.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let block = global::allocate::<Pool>(100)?;
/// // SAFETY: the block is live and not used after its free.
/// unsafe { global::deallocate::<Pool>(block)? };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn allocate<G: Generated>(size: usize) -> Result<NonNull<u8>, AllocError> {
    if size == 0 {
        return Err(AllocError::ZeroSize);
    }
    if sampled::is_due::<G>(size) {
        let mut answer = Err(AllocError::ZeroSize);
        sampled::alloc::<G>(size, || {
            answer = allocate_uncounted::<G>(size);
            answer
                .as_ref()
                .map_or(ptr::null_mut(), |block| block.as_ptr())
        });
        return answer;
    }
    allocate_uncounted::<G>(size)
}

#[inline(always)]
fn allocate_uncounted<G: Generated>(size: usize) -> Result<NonNull<u8>, AllocError> {
    let block = match route::<G>(size, 1) {
        Route::Class(class) => NonNull::new(alloc_class::<G>(ScaledClass::new(class), size)),
        Route::Large => {
            // The alignment is at least the configuration's; this one makes the layout valid.
            let layout = Layout::from_size_align(size, 1).ok();
            layout
                .and_then(|layout| alloc_large::<G>(layout))
                .map(|block| block.payload)
        }
        Route::System => return Err(AllocError::ZeroSize),
    };
    block.ok_or_else(|| no_memory(Statics::of::<G>(), size))
}

#[cold]
fn no_memory(statics: Statics, size: usize) -> AllocError {
    match statics.runtime.engine(statics.config) {
        Ok(engine) => engine.out_of_memory(size),
        Err(_) => AllocError::GlobalInitFailed,
    }
}

/// Frees a block. A refused free changes nothing.
///
/// # Errors
///
/// A [`FreeError`] that says why the pointer is not that of a live block.
///
/// # Safety
///
/// If `block` is a live block of this allocator, nobody uses that block any more.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::{FreeError, global};
///
/// let block = global::allocate::<Pool>(100)?;
/// let inside = block.map_addr(|address| address.saturating_add(8));
/// // SAFETY: the block is live and not used after its free. The wrong one is refused.
/// unsafe {
///     assert_eq!(global::deallocate::<Pool>(inside), Err(FreeError::CorruptHeader));
///     global::deallocate::<Pool>(block)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub unsafe fn deallocate<G: Generated>(block: NonNull<u8>) -> Result<(), FreeError> {
    // SAFETY: the caller's promise.
    let free = || unsafe { free(Statics::of::<G>(), block, None) };
    if sampled::is_watched::<G>(block.as_ptr()) {
        return sampled::try_free::<G>(block, free);
    }
    free()
}

/// Frees a block if it was requested with exactly `size` bytes; without headers, if `size` is of its class.
///
/// # Errors
///
/// As [`deallocate`], and [`FreeError::SizeMismatch`].
///
/// # Safety
///
/// As [`deallocate`].
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let block = global::allocate::<Pool>(100)?;
/// // SAFETY: the block is live and not used after its free. The wrong one is refused.
/// unsafe {
///     assert!(global::deallocate_with_size::<Pool>(block, 200).is_err());
///     global::deallocate_with_size::<Pool>(block, 100)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub unsafe fn deallocate_with_size<G: Generated>(
    block: NonNull<u8>,
    size: usize,
) -> Result<(), FreeError> {
    // SAFETY: the caller's promise.
    let free = || unsafe { free(Statics::of::<G>(), block, Some(size)) };
    if sampled::is_watched::<G>(block.as_ptr()) {
        return sampled::try_free::<G>(block, free);
    }
    free()
}

/// Bytes that the holder of a live block may use, at least those requested.
///
/// # Errors
///
/// As [`deallocate`].
///
/// # Safety
///
/// If `block` is a live block of this allocator, it is not freed meanwhile. With a header, using more than
/// was requested is fine, but the free must still state the size requested.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let block = global::allocate::<Pool>(100)?;
/// // SAFETY: the block is live and not used after its free.
/// unsafe {
///     assert_eq!(global::usable_size::<Pool>(block)?, 104);
///     global::deallocate::<Pool>(block)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub unsafe fn usable_size<G: Generated>(block: NonNull<u8>) -> Result<usize, FreeError> {
    let statics = Statics::of::<G>();
    let address = block.as_ptr().addr();
    if let Some(size) = fallback::size_of(address) {
        return Ok(size);
    }
    match statics.runtime.engine(statics.config) {
        Ok(engine) => engine.usable_size(address),
        Err(_) => Err(FreeError::GlobalInitFailed),
    }
}

/// Gives every block of the calling thread's cache to the central pool: what it holds, others may use, and the
/// memory behind it can go back to the system. For a thread that is about to wait for long.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let block = global::allocate::<Pool>(100)?;
/// // SAFETY: the block is live and not used after its free.
/// unsafe { global::deallocate::<Pool>(block)? };
/// global::flush_thread::<Pool>();
/// assert!(global::stats::<Pool>().classes.iter().all(|class| class.cached == 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn flush_thread<G: Generated>() {
    flush(Statics::of::<G>());
}

/// Flushes the calling thread's cache, puts together all that lies free outside of other threads' caches, and
/// gives its memory back to the system, whatever the configuration says of purging.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let block = global::allocate::<Pool>(8 << 20)?;
/// // SAFETY: the block is live and not used after its free.
/// unsafe { global::deallocate::<Pool>(block)? };
/// let before = global::stats::<Pool>().resident;
/// global::purge_now::<Pool>();
/// assert!(global::stats::<Pool>().resident < before);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn purge_now<G: Generated>() {
    purge(Statics::of::<G>());
}

/// A snapshot of the allocator. All zero if it could not be set up.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use orthotope_runtime::global;
///
/// let _block = global::allocate::<Pool>(100)?;
/// assert_eq!(global::stats::<Pool>().allocated, 104);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn stats<G: Generated>() -> Stats {
    // SAFETY: `Generated` promises this thread's locals.
    if let Some(cold) = NonNull::new(unsafe { G::locals().as_ref() }.cold.get()) {
        // SAFETY: the cache is this thread's.
        unsafe { Cold::tell(cold) };
    }
    G::runtime()
        .engine(const { &G::CONFIG })
        .map_or_else(|_| Stats::default(), Engine::stats)
}

/// Whether these are the default preset's classes, which the names of [`SizeClass`](crate::SizeClass) stand for.
const fn are_the_presets(classes: &[usize]) -> bool {
    if classes.len() != TENSOR_CLASSES.len() {
        return false;
    }
    let mut class = 0;
    while class < classes.len() {
        if classes[class] != TENSOR_CLASSES[class] {
            return false;
        }
        class += 1;
    }
    true
}

const _: () = assert!(are_the_presets(&TENSOR_CLASSES) && !are_the_presets(&[64; 12]));

/// A snapshot in the default preset's form.
///
/// # Errors
///
/// The reason why the allocator could not be set up.
///
/// # Panics
///
/// At compile time, if the allocator's classes are not the default preset's.
pub fn allocator_stats<G: Generated>() -> Result<AllocatorStats, &'static InitError> {
    const {
        assert!(
            are_the_presets(G::CONFIG.classes),
            "this form of statistics has the default preset's twelve classes"
        )
    };
    G::runtime()
        .engine(const { &G::CONFIG })
        .map(Engine::allocator_stats)
}
