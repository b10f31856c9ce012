//! `GlobalAlloc` of a hardened allocator: every request and every free of a class passes here, out of line, but compiled for
//! the type.
//!
//! What is usual is done at once: a block of the home region that was poisoned, or was never handed out, and a free of the
//! size that the block's word says. All else, faults above all, is for `allocator::hardened` to tell apart. Both leave the
//! same words, poison and headers.

use core::ptr::NonNull;

use super::slow::{Statics, alloc_slow};
use super::slow_free::{free, refuse};
use super::{Derived, Generated};
use crate::block::{Header, Shape};
use crate::class::ScaledClass;
use crate::fallback;
use crate::poison;
use crate::slab::{self, BlockState, Word};
use crate::thread_cache::{bin, push_anywhere};

/// Class and word of the block that starts at `address`, if it is one of the home region's slabs, live or not.
#[inline(always)]
fn known<G: Generated>(address: usize) -> Option<(usize, Word<'static>)> {
    let record = G::runtime().home().record_at(address)?;
    let class = record.class();
    // SAFETY: there is an entry for any class.
    let reciprocal = unsafe { *G::RECIPROCALS.get_unchecked(class) };
    Some((class, slab::word_at(record, address, reciprocal)?))
}

/// Bytes of a block of `class` that its holder may use.
#[inline(always)]
fn payload<G: Generated>(class: usize) -> usize {
    debug_assert!(class < G::CONFIG.classes.len());
    // SAFETY: the class is one of the type's.
    unsafe { *G::CONFIG.classes.get_unchecked(class) }
}

/// A block of `class` for `size` bytes; or null.
#[inline(never)]
pub(super) fn alloc_hardened<G: Generated>(class: ScaledClass, size: usize) -> *mut u8 {
    // SAFETY: `Generated` promises a bin for each class.
    let bin = unsafe { bin(G::locals(), class) };
    let Some(block) = bin.pop_fetching_next() else {
        return alloc_slow::<G>(class.index(), size);
    };
    let class = class.index();
    let Some(record) = G::runtime().home().record_at(block.as_ptr().addr()) else {
        return hand_out_slow::<G>(class, block, size);
    };
    // SAFETY: the class is one of the type's.
    let reciprocal = unsafe { *G::RECIPROCALS.get_unchecked(class) };
    // SAFETY: a block that can be taken keeps its slab open, and starts in it.
    let word = unsafe { slab::word_of(record, block.as_ptr().addr(), reciprocal) };
    let payload = payload::<G>(class);
    match word.state() {
        BlockState::Unused => {}
        BlockState::Poisoned if payload > poison::SHORT => {
            return hand_out_long::<G>(class, block, size, word);
        }
        // SAFETY: the block is ours, and was poisoned when it was freed.
        BlockState::Poisoned if unsafe { poison::is_intact_short(block.as_ptr(), payload) } => {}
        _ => return hand_out_slow::<G>(class, block, size),
    }
    set_live::<G>(block, size, word)
}

/// Hands out a poisoned block that takes a while to look at.
#[inline(never)]
fn hand_out_long<G: Generated>(
    class: usize,
    block: NonNull<u8>,
    size: usize,
    word: Word<'_>,
) -> *mut u8 {
    // SAFETY: the block is the caller's, and was poisoned when it was freed.
    if unsafe { poison::is_intact(block.as_ptr(), payload::<G>(class)) } {
        set_live::<G>(block, size, word)
    } else {
        hand_out_slow::<G>(class, block, size)
    }
}

/// Marks the block as handed out, and seals its header.
#[inline(always)]
fn set_live<G: Generated>(block: NonNull<u8>, size: usize, word: Word<'_>) -> *mut u8 {
    let start = block.as_ptr();
    word.set_live(size);
    if G::CONFIG.header {
        // SAFETY: `Generated` promises this thread's locals.
        let head = unsafe { G::locals().as_ref() };
        // SAFETY: the block is of a slab with headers, so one precedes its payload.
        let header = unsafe { Header::of(start) };
        header.seal(head.key.get(), head.owner.get(), start.addr(), size);
    }
    start
}

/// Hands out a block that is not as usual.
#[cold]
#[inline(never)]
fn hand_out_slow<G: Generated>(class: usize, block: NonNull<u8>, size: usize) -> *mut u8 {
    let statics = Statics::of::<G>();
    if let Some(engine) = statics.runtime.started() {
        engine.hand_out(class, block, size, statics.owner());
    }
    block.as_ptr()
}

/// Frees a block that was requested with `size` bytes, if it is one.
///
/// # Safety
///
/// If `block` is a live block of this allocator, nobody uses it any more.
#[inline(never)]
pub(super) unsafe fn dealloc_hardened<G: Generated>(block: *mut u8, size: usize) {
    // SAFETY: the caller's promise.
    if !unsafe { take_back::<G>(block, size) } {
        // SAFETY: as above.
        unsafe { dealloc_slow(Statics::of::<G>(), block, size) };
    }
}

/// Frees the block onto this thread's stack; `false`, and nothing done, if that is not where it goes, or it is no live block
/// of `size` bytes.
///
/// # Safety
///
/// As [`dealloc_hardened`].
#[inline(always)]
unsafe fn take_back<G: Generated>(block: *mut u8, size: usize) -> bool {
    let Some((class, word)) = known::<G>(block.addr()) else {
        return false;
    };
    let (class, index) = (ScaledClass::new(class), class);
    // SAFETY: `Generated` promises a bin for each class, and a slab's class is one.
    if !unsafe { bin(G::locals(), class) }.has_room() {
        return false;
    }
    let payload = payload::<G>(index);
    if G::CONFIG.header {
        // SAFETY: `Generated` promises this thread's locals.
        let head = unsafe { G::locals().as_ref() };
        // SAFETY: a block of a slab with headers starts here, so one precedes its payload.
        let header = unsafe { Header::of(block) };
        let (key, owner) = (head.key.get(), head.owner.get());
        let described = (Shape::small(index), payload);
        if !header.is_whole(key, owner, block.addr(), size, described) || !word.free(size) {
            return false;
        }
        header.release();
    } else if !word.free(size) {
        return false;
    }
    // SAFETY: a block of the arena is not at null.
    let freed = unsafe { NonNull::new_unchecked(block) };
    // SAFETY: the block has just become free, and there is room.
    unsafe { push_anywhere(G::locals(), class, freed) };
    // Last, since nobody else takes from this stack.
    // SAFETY: the block was live, is given up by its holder, and has as many bytes as its class.
    unsafe { poison::write(block, payload) };
    true
}

/// # Safety
///
/// As [`dealloc_hardened`].
#[cold]
#[inline(never)]
unsafe fn dealloc_slow(statics: Statics, block: *mut u8, size: usize) {
    if let Some(block) = NonNull::new(block)
        // SAFETY: the caller's promise.
        && let Err(error) = unsafe { free(statics, block, Some(size)) }
    {
        refuse(block, size, &error);
    }
}

/// Makes the live small block of `old` bytes one of `new` bytes of the same class, where no header says its size. `false`, and
/// nothing done, if that is not what it is.
#[inline(always)]
pub(super) fn resize_hardened<G: Generated>(block: *mut u8, old: usize, new: usize) -> bool {
    !G::CONFIG.header && known::<G>(block.addr()).is_some_and(|(_, word)| word.resize(old, new))
}

/// Ends the process unless `block` is a live one of `size` bytes: before it is copied.
#[inline(always)]
pub(super) fn check_live<G: Generated>(block: *mut u8, size: usize) {
    let is_live =
        !G::CONFIG.header && known::<G>(block.addr()).is_some_and(|(_, word)| word.is_live(size));
    if !is_live {
        check_live_slow(Statics::of::<G>(), block, size);
    }
}

#[cold]
#[inline(never)]
fn check_live_slow(statics: Statics, block: *mut u8, size: usize) {
    if let (Some(engine), Some(block)) = (statics.runtime.started(), NonNull::new(block))
        && let Err(error) = engine.find_unlocked(block.as_ptr().addr(), Some(size))
        && fallback::size_of(block.as_ptr().addr()).is_none()
    {
        refuse(block, size, &error);
    }
}
