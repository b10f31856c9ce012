//! The fast paths: one screen, no call, no lock, no count.
//!
//! | operation | branches, constant layout | dynamic layout adds |
//! | --- | --- | --- |
//! | `alloc` | the stack is empty | the size is small, the alignment served |
//! | `dealloc` without a header | the stack is full | the same two |
//! | `dealloc` with a header | + out of range, + another word | the same two |
//! | `realloc` without a header | another class | the same two, the size's for both |
//!
//! A small block that `realloc` moves to another class is `realloc_small`'s, one call. Everything else is `#[cold]`, out of line,
//! and ends in `_slow`.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::hardened::{alloc_hardened, dealloc_hardened};
use super::slow::{
    alloc_other_slow, alloc_slow, alloc_zeroed_other_slow, realloc_slow, realloc_small,
    shares_its_slab,
};
use super::slow_free::{dealloc_other_slow, dealloc_slow};
use super::{Derived, Generated, sampled};
use crate::block::{Header, mark_of};
use crate::class::ScaledClass;
use crate::sync::Ordering;
use crate::thread_cache::bin;

/// `GlobalAlloc::alloc`.
///
/// # Safety
///
/// As `GlobalAlloc::alloc`.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use std::alloc::Layout;
/// use orthotope_runtime::global;
///
/// let layout = Layout::new::<[u64; 8]>();
/// // SAFETY: the layout is not empty; the block is freed once, with the layout that it has then.
/// unsafe {
///     let block = global::alloc::<Pool>(layout);
///     assert!(!block.is_null());
///     global::dealloc::<Pool>(block, layout);
/// }
/// ```
#[inline(always)]
#[must_use]
pub unsafe fn alloc<G: Generated>(layout: Layout) -> *mut u8 {
    if sampled::is_due::<G>(layout.size()) {
        return sampled::alloc::<G>(layout.size(), || alloc_uncounted::<G>(layout));
    }
    alloc_uncounted::<G>(layout)
}

/// [`alloc`] of a request that was counted.
#[inline(always)]
pub(super) fn alloc_uncounted<G: Generated>(layout: Layout) -> *mut u8 {
    if layout.align() <= G::CONFIG.align && layout.size().wrapping_sub(1) < G::SMALL {
        alloc_class::<G>(G::TABLE.small(layout.size()), layout.size())
    } else {
        alloc_other_slow::<G>(layout)
    }
}

/// A block of `class`, which the type's table gave, for `size` bytes; or null.
#[inline(always)]
pub(super) fn alloc_class<G: Generated>(class: ScaledClass, size: usize) -> *mut u8 {
    if G::CONFIG.hardened {
        return alloc_hardened::<G>(class, size);
    }
    let locals = G::locals();
    // SAFETY: `Generated` promises a bin for each class.
    let bin = unsafe { bin(locals, class) };
    let block = if G::CONFIG.prefetch {
        bin.pop_fetching_next()
    } else {
        bin.pop()
    };
    let Some(block) = block else {
        return alloc_slow::<G>(class.index(), size);
    };
    if G::CONFIG.header {
        // SAFETY: `Generated` promises this thread's locals.
        let head = unsafe { locals.as_ref() };
        // SAFETY: the block is of a slab with headers, so one precedes its payload.
        let header = unsafe { Header::of(block.as_ptr()) };
        header.seal(
            head.key.get(),
            head.owner.get(),
            block.as_ptr().addr(),
            size,
        );
    } else if G::MARKS {
        // SAFETY: the block is new and the caller's, of at least 16 bytes.
        unsafe { mark_of(block) }.store(0, Ordering::Relaxed);
    }
    block.as_ptr()
}

/// `GlobalAlloc::dealloc`.
///
/// # Safety
///
/// As `GlobalAlloc::dealloc`.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use std::alloc::Layout;
/// use orthotope_runtime::global;
///
/// let layout = Layout::new::<[u64; 8]>();
/// // SAFETY: the layout is not empty; the block is freed once, with the layout that it has then.
/// unsafe {
///     let block = global::alloc::<Pool>(layout);
///     global::dealloc::<Pool>(block, layout);
///     // Last in, first out.
///     assert_eq!(global::alloc::<Pool>(layout), block);
/// }
/// ```
#[inline(always)]
pub unsafe fn dealloc<G: Generated>(block: *mut u8, layout: Layout) {
    if sampled::is_watched::<G>(block) {
        // SAFETY: the caller's promise.
        return sampled::free::<G>(block, || unsafe { dealloc_unwatched::<G>(block, layout) });
    }
    // SAFETY: the caller's promise.
    unsafe { dealloc_unwatched::<G>(block, layout) }
}

/// [`dealloc`] of a block that is not in the heap profile's table.
///
/// # Safety
///
/// As [`dealloc`].
#[inline(always)]
pub(super) unsafe fn dealloc_unwatched<G: Generated>(block: *mut u8, layout: Layout) {
    if layout.align() <= G::CONFIG.align && layout.size().wrapping_sub(1) < G::SMALL {
        // SAFETY: the caller's promise, and the class is the layout's.
        unsafe { dealloc_class::<G>(block, G::TABLE.small(layout.size()), layout.size()) }
    } else {
        // SAFETY: the caller's promise.
        unsafe { dealloc_other_slow::<G>(block, layout) }
    }
}

/// Frees a block of `class` that was requested with `size` bytes.
///
/// # Safety
///
/// The block came from `alloc_class` with the same arguments, and nobody uses it any more.
#[inline(always)]
pub(super) unsafe fn dealloc_class<G: Generated>(block: *mut u8, class: ScaledClass, size: usize) {
    if G::CONFIG.hardened {
        // SAFETY: the caller's promise.
        return unsafe { dealloc_hardened::<G>(block, size) };
    }
    if G::MARKS {
        // SAFETY: the caller's promise.
        return unsafe { dealloc_marked::<G>(block, class, size) };
    }
    let locals = G::locals();
    // SAFETY: `Generated` promises a bin for each class.
    let bin = unsafe { bin(locals, class) };
    // SAFETY: `GlobalAlloc` frees no null pointer.
    let freed = unsafe { NonNull::new_unchecked(block) };
    if G::CONFIG.header {
        // SAFETY: `Generated` promises this thread's locals.
        let head = unsafe { locals.as_ref() };
        if let Some((derived, place)) = head.in_window(block.addr()) {
            // SAFETY: the address is a multiple of 64, and the 64 bytes before it are readable.
            let header = unsafe { Header::of(derived.as_ptr()) };
            // The caller's own pointer goes back: the next request need not wait for the derived one.
            if header.is_counted(head.window_key.get(), place, size) && bin.push(freed) {
                header.release();
                return;
            }
        }
    } else if bin.push(freed) {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { dealloc_slow::<G>(block, class.index(), size) }
}

/// The same where free blocks are marked.
///
/// # Safety
///
/// As [`dealloc_class`].
#[inline(always)]
unsafe fn dealloc_marked<G: Generated>(block: *mut u8, class: ScaledClass, size: usize) {
    // SAFETY: `GlobalAlloc` frees no null pointer.
    let freed = unsafe { NonNull::new_unchecked(block) };
    // SAFETY: the caller's promise.
    if !unsafe { push_marked::<G>(freed, class) } {
        // SAFETY: as above.
        unsafe { dealloc_slow::<G>(block, class.index(), size) };
    }
}

/// Puts a block of `class` on its stack and marks it as free. `false` if there is no room, or it is marked already.
///
/// # Safety
///
/// The block is of this class, and of an allocator that marks free blocks. If it is live, nobody uses it any more.
#[inline(always)]
pub(super) unsafe fn push_marked<G: Generated>(block: NonNull<u8>, class: ScaledClass) -> bool {
    let locals = G::locals();
    // SAFETY: `Generated` promises this thread's locals.
    let mark = unsafe { locals.as_ref() }
        .key
        .get()
        .mark(block.as_ptr().addr());
    // SAFETY: the block has at least 16 bytes, and is the arena's.
    let word = unsafe { mark_of(block) };
    // SAFETY: `Generated` promises a bin for each class.
    if word.load(Ordering::Relaxed) == mark || !unsafe { bin(locals, class) }.push(block) {
        return false;
    }
    word.store(mark, Ordering::Relaxed);
    true
}

/// `GlobalAlloc::alloc_zeroed`.
///
/// # Safety
///
/// As `GlobalAlloc::alloc_zeroed`.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use std::alloc::Layout;
/// use orthotope_runtime::global;
///
/// let layout = Layout::new::<[u64; 8]>();
/// // SAFETY: the layout is not empty; the block is freed once, with the layout that it has then.
/// unsafe {
///     let block = global::alloc_zeroed::<Pool>(layout);
///     assert_eq!(block.cast::<[u64; 8]>().read(), [0; 8]);
///     global::dealloc::<Pool>(block, layout);
/// }
/// ```
#[inline(always)]
#[must_use]
pub unsafe fn alloc_zeroed<G: Generated>(layout: Layout) -> *mut u8 {
    if sampled::is_due::<G>(layout.size()) {
        return sampled::alloc::<G>(layout.size(), || alloc_zeroed_uncounted::<G>(layout));
    }
    alloc_zeroed_uncounted::<G>(layout)
}

/// [`alloc_zeroed`] of a request that was counted.
#[inline(always)]
pub(super) fn alloc_zeroed_uncounted<G: Generated>(layout: Layout) -> *mut u8 {
    if layout.align() <= G::CONFIG.align && layout.size().wrapping_sub(1) < G::SMALL {
        let block = alloc_class::<G>(G::TABLE.small(layout.size()), layout.size());
        if !block.is_null() {
            // SAFETY: the block has at least `size` bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    } else {
        alloc_zeroed_other_slow::<G>(layout)
    }
}

/// `GlobalAlloc::realloc`: in place within the class and, for large blocks, within the span.
///
/// # Safety
///
/// As `GlobalAlloc::realloc`.
///
/// ```
/// # mod pool { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/pool.rs")); }
/// # use pool::{CPool, Pool};
/// use std::alloc::Layout;
/// use orthotope_runtime::global;
///
/// let layout = Layout::new::<[u64; 8]>();
/// // SAFETY: the layout is not empty; the block is freed once, with the layout that it has then.
/// unsafe {
///     let block = global::alloc::<Pool>(layout);
///     block.write(7);
///     let longer = global::realloc::<Pool>(block, layout, 1_000);
///     assert_eq!(longer.read(), 7);
///     global::dealloc::<Pool>(longer, Layout::from_size_align_unchecked(1_000, layout.align()));
/// }
/// ```
#[inline(always)]
#[must_use]
pub unsafe fn realloc<G: Generated>(block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    if sampled::is_due::<G>(new_size) || sampled::is_watched::<G>(block) {
        // SAFETY: the caller's promise.
        // Moved in, so that only the cold way puts what it takes on the stack.
        let serve = move || unsafe { realloc_uncounted::<G>(block, layout, new_size) };
        return sampled::realloc::<G>(block, new_size, serve);
    }
    // SAFETY: the caller's promise.
    unsafe { realloc_uncounted::<G>(block, layout, new_size) }
}

/// [`realloc`] of a request that was counted, and a block that is not in the heap profile's table.
///
/// # Safety
///
/// As [`realloc`].
#[inline(always)]
unsafe fn realloc_uncounted<G: Generated>(
    block: *mut u8,
    layout: Layout,
    new_size: usize,
) -> *mut u8 {
    let is_small = |size: usize| size.wrapping_sub(1) < G::SMALL;
    if !G::CONFIG.header
        && !G::CONFIG.hardened
        && layout.align() <= G::CONFIG.align
        && is_small(layout.size())
        && is_small(new_size)
    {
        let (old, new) = (G::TABLE.small(layout.size()), G::TABLE.small(new_size));
        if old == new {
            return block;
        }
        if shares_its_slab::<G>() {
            // SAFETY: the caller's promise, and the classes are the layouts'.
            return unsafe { realloc_small::<G>(block, layout.size(), old, new_size, new) };
        }
    }
    // SAFETY: the caller's promise.
    unsafe { realloc_slow::<G>(block, layout, new_size) }
}
