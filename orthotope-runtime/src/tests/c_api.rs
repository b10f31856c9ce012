//! A configuration that is C's `malloc` too: nobody else is asked for memory, and no block is handed out twice.

use core::alloc::Layout;
use core::ptr::{self, NonNull};
use std::sync::mpsc::channel;
use std::thread;

use super::generated::generated;
use crate::config::{Config, Purge};
use crate::error::FreeError;
use crate::fallback;
use crate::global::{
    Generated, Runtime, alloc, alloc_zeroed, c_api, dealloc, deallocate, flush_thread, purge_now,
    realloc, usable_size,
};
use crate::thread_cache::{LocalBins, Locals, Phase};

const CLASSES: &[usize] = &[16, 48, 64, 256, 1_024, 4_096, 65_536];

const fn config() -> Config {
    Config::general()
        .with_arena(1 << 30)
        .with_classes(CLASSES)
        .with_align(16)
        .with_c_api()
}

// One a test: a block that one test frees twice is no other's meanwhile.
generated!(C, 7, config());
generated!(Inside, 7, config());
generated!(Twice, 7, config());
generated!(Alike, 7, config());
generated!(Refusing, 7, config());
generated!(Hard, 7, config().with_hardened(true));
generated!(Eager, 7, config().with_purge(Purge::Eager));
generated!(Refilled, 7, config().with_purge(Purge::Eager));
generated!(Fresh, 7, config());
generated!(Growing, 7, config());

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

fn take<G: Generated>(size: usize) -> NonNull<u8> {
    NonNull::new(c_api::malloc::<G>(size).cast()).expect("there is memory")
}

/// Frees a block once more.
fn again<G: Generated>(block: NonNull<u8>) -> Result<(), FreeError> {
    // SAFETY: nobody uses the block.
    unsafe { deallocate::<G>(block) }
}

fn give<G: Generated>(block: NonNull<u8>) {
    // SAFETY: callers free what they took, once.
    unsafe { c_api::free::<G>(block.as_ptr().cast()) };
}

#[test]
fn empty_and_hugely_aligned_layouts_are_served_by_the_arena() {
    for layout in [
        layout(0, 1),
        layout(0, 4_096),
        layout(100, 8 << 20),
        layout(0, 64 << 20),
    ] {
        // SAFETY: these functions take empty layouts here.
        unsafe {
            let block = NonNull::new(alloc::<C>(layout)).expect("there is memory");
            assert!(block.as_ptr().addr().is_multiple_of(layout.align().max(16)));
            assert!(usable_size::<C>(block).expect("it is the arena's") >= layout.size());
            let zeroed = alloc_zeroed::<C>(layout);
            assert!(usable_size::<C>(NonNull::new(zeroed).expect("there is memory")).is_ok());
            let grown = realloc::<C>(zeroed, layout, 300);
            assert!(usable_size::<C>(NonNull::new(grown).expect("there is memory")).is_ok());
            dealloc::<C>(block.as_ptr(), layout);
            dealloc::<C>(
                grown,
                Layout::from_size_align_unchecked(300, layout.align()),
            );
            // A layout that says so finds its way back to C, and the other way round.
            c_api::free::<C>(alloc::<C>(layout).cast());
        }
    }
}

#[test]
fn a_thread_that_is_inside_gets_mappings() {
    let _bound = take::<Inside>(1);
    // SAFETY: `Generated` promises this thread's locals.
    let phase = unsafe { &Inside::locals().as_ref().phase };
    // What comes here now comes from inside, with the stack of its class out of service.
    let inside = |size| {
        flush_thread::<Inside>();
        phase.set(Phase::Busy);
        let block = take::<Inside>(size);
        phase.set(Phase::Bound);
        block
    };
    for size in [1_000, 4_000, 60_000, 200_000, 3 << 20] {
        let block = inside(size);
        assert!(fallback::size_of(block.as_ptr().addr()).is_some(), "{size}");
        // SAFETY: the block has this many bytes.
        unsafe { block.write_bytes(7, size) };
        // SAFETY: the block is live and passed on.
        let moved =
            unsafe { c_api::realloc::<Inside>(block.as_ptr().cast(), size * 2) }.cast::<u8>();
        assert!(
            fallback::size_of(block.as_ptr().addr()).is_none(),
            "given back"
        );
        // SAFETY: `realloc` keeps what was there.
        assert_eq!(unsafe { *moved.add(size - 1) }, 7);
        give::<Inside>(NonNull::new(moved).expect("there is memory"));
        let block = inside(size);
        give::<Inside>(block);
        assert!(
            fallback::size_of(block.as_ptr().addr()).is_none(),
            "given back"
        );
        let block = inside(size);
        // SAFETY: the block came from here with a layout that the same class or span serves.
        unsafe { dealloc::<Inside>(block.as_ptr(), layout(size, 16)) };
    }
}

#[test]
fn a_second_free_is_told_wherever_the_block_lies() {
    let block = take::<Twice>(40);
    give::<Twice>(block);
    assert_eq!(
        again::<Twice>(block),
        Err(FreeError::DoubleFree),
        "in this cache"
    );

    // A magazine's and more: the first of them leave the cache.
    let many: Vec<_> = (0..2_000).map(|_| take::<Twice>(200)).collect();
    many.iter().for_each(|&block| give::<Twice>(block));
    for &block in &many {
        assert!(
            again::<Twice>(block).is_err(),
            "cache, depot, slab or no slab"
        );
    }

    let block = take::<Twice>(40);
    let (send, wait) = channel::<()>();
    let (ready, is_ready) = channel();
    let address = block.as_ptr().expose_provenance();
    let other = thread::spawn(move || {
        give::<Twice>(NonNull::new(ptr::with_exposed_provenance_mut(address)).expect("no null"));
        ready.send(()).expect("somebody waits");
        wait.recv().expect_err("the other end is dropped");
        // Nobody has it meanwhile.
        assert_eq!(take::<Twice>(40).as_ptr().addr(), address);
    });
    is_ready.recv().expect("the thread has freed it");
    assert_eq!(
        again::<Twice>(block),
        Err(FreeError::DoubleFree),
        "in another cache"
    );
    drop(send);
    other.join().expect("it got the block back");
}

#[test]
fn a_second_free_is_told_after_the_page_went_back() {
    let blocks: Vec<_> = (0..512).map(|_| take::<Eager>(1_000)).collect();
    // One that lives keeps its slab.
    let (kept, freed) = blocks.split_first().expect("there are some");
    freed.iter().for_each(|&block| give::<Eager>(block));
    purge_now::<Eager>();
    let zeroed = freed
        .iter()
        // SAFETY: memory of the arena stays readable.
        .filter(|block| unsafe { block.cast::<[u64; 2]>().as_ptr().read_volatile() }[1] == 0)
        .count();
    assert!(zeroed > 100, "pages went back: {zeroed}");
    for &block in freed {
        assert!(
            again::<Eager>(block).is_err(),
            "free in its slab, or its slab is gone"
        );
    }
    give::<Eager>(*kept);
}

/// A block that a refill has just brought, from a page that went back, bears its mark like any other.
#[test]
fn a_second_free_is_told_once_a_refill_has_brought_the_block() {
    let blocks: Vec<_> = (0..512).map(|_| take::<Refilled>(1_500)).collect();
    let (kept, freed) = blocks.split_first().expect("there are some");
    freed.iter().for_each(|&block| give::<Refilled>(block));
    purge_now::<Refilled>();
    let again_ours = take::<Refilled>(1_500);
    let told = freed.iter().filter(|&&block| block != again_ours);
    for &block in told {
        assert!(again::<Refilled>(block).is_err(), "{block:p} is free");
    }
    give::<Refilled>(again_ours);
    give::<Refilled>(*kept);
}

#[test]
fn what_a_refill_brought_and_nobody_got_is_told() {
    let first = take::<Fresh>(256);
    let second = take::<Fresh>(256);
    assert_eq!(
        second.addr().get() - first.addr().get(),
        256,
        "side by side"
    );
    // SAFETY: only an address: the refill has more.
    let third = unsafe { second.byte_add(256) };
    assert!(again::<Fresh>(third).is_err(), "it was never handed out");
    give::<Fresh>(second);
    give::<Fresh>(first);
}

#[test]
fn a_live_block_that_looks_free_is_freed_once() {
    let block = take::<Alike>(64);
    give::<Alike>(block);
    let words = block.cast::<[u64; 2]>().as_ptr();
    // SAFETY: memory of the arena stays readable.
    let mark = unsafe { words.read_volatile() }[1];
    assert_eq!(take::<Alike>(64), block, "last in, first out");
    // SAFETY: the block is ours again.
    unsafe { words.write([0, mark]) };
    assert!(
        // SAFETY: the block is live.
        unsafe { usable_size::<Alike>(block) }.is_ok(),
        "it lies in no cache"
    );
    give::<Alike>(block);
    assert_eq!(again::<Alike>(block), Err(FreeError::DoubleFree));
    let (first, second) = (take::<Alike>(64), take::<Alike>(64));
    assert_ne!(first, second);
    give::<Alike>(first);
    give::<Alike>(second);
}

#[test]
fn what_is_no_block_is_refused() {
    let block = take::<Refusing>(64);
    let inside = |offset| NonNull::new(block.as_ptr().wrapping_add(offset)).expect("no null");
    for offset in [1, 8, 16, 32, 48] {
        assert_eq!(
            again::<Refusing>(inside(offset)),
            Err(FreeError::CorruptHeader),
            "{offset}"
        );
    }
    let foreign = Box::into_raw(Box::new([0_u64; 8]));
    let elsewhere = NonNull::new(foreign.cast()).expect("a box is not null");
    assert_eq!(again::<Refusing>(elsewhere), Err(FreeError::ForeignPointer));
    // SAFETY: it was leaked above, and not freed.
    drop(unsafe { Box::from_raw(foreign) });
    give::<Refusing>(block);
}

#[test]
fn a_hugely_aligned_block_that_grows_stays_so() {
    let mut held = Vec::new();
    for round in 1..=8 {
        // What is live beside it takes the room behind it, and leaves each block another phase to move to.
        held.push(take::<Growing>(round * (2 << 20) - 4_096));
        let mut now = layout(3 << 20, 4 << 20);
        // SAFETY: the layout is not empty.
        let mut block = unsafe { alloc::<Growing>(now) };
        held.push(take::<Growing>(2 << 20));
        for size in [5 << 20, 9 << 20, 17 << 20] {
            // SAFETY: the block is live, and passed on.
            block = unsafe { realloc::<Growing>(block, now, size) };
            now = layout(size, now.align());
            assert!(
                !block.is_null() && block.addr().is_multiple_of(now.align()),
                "{block:?}"
            );
            held.push(take::<Growing>(2 << 20));
        }
        // SAFETY: it is live, with this layout.
        unsafe { dealloc::<Growing>(block, now) };
    }
    held.into_iter().for_each(give::<Growing>);
}

#[test]
fn hardened_it_is_c_s_as_well() {
    let mut block = take::<Hard>(0);
    for size in [1, 40, 47, 48, 200, 5_000, 300_000, 3_000, 10] {
        // SAFETY: the block is live and passed on.
        let moved = unsafe { c_api::realloc::<Hard>(block.as_ptr().cast(), size) };
        block = NonNull::new(moved.cast()).expect("there is memory");
        assert!(block.as_ptr().addr().is_multiple_of(16));
        // SAFETY: the block has this many bytes.
        unsafe { block.write_bytes(3, size) };
    }
    let zeroed = NonNull::new(c_api::calloc::<Hard>(5, 9).cast::<u8>()).expect("there is memory");
    // SAFETY: the block has this many bytes.
    assert_eq!(unsafe { zeroed.cast::<[u8; 45]>().read() }, [0; 45]);
    for block in [block, zeroed, take::<Hard>(2 << 20)] {
        give::<Hard>(block);
        assert!(again::<Hard>(block).is_err(), "it is free");
    }
}
