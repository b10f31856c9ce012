//! Blocks that grow where they are, through classes whose blocks have slabs of their own into large ones.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::generated::generated;
use super::rng::Rng;
use crate::config::{Config, Exhausted};
use crate::global::{Generated, Runtime, alloc, dealloc, purge_now, realloc, stats};
use crate::thread_cache::{LocalBins, Locals};

const MIB: usize = 1 << 20;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).expect("a valid layout")
}

fn validate<G: Generated>() {
    G::runtime()
        .started()
        .expect("the allocator is set up")
        .validate();
}

/// Grows a block of `size` bytes to `new`, checks what it held, and fills the rest.
fn grow<G: Generated>(block: *mut u8, size: usize, new: usize, mark: u8) -> *mut u8 {
    // SAFETY: callers pass a live block of `size` bytes.
    let grown = unsafe { realloc::<G>(block, layout(size), new) };
    assert!(!grown.is_null());
    validate::<G>();
    for offset in (0..size).step_by(1_021).chain([size - 1]) {
        // SAFETY: the block has `new` bytes, more than `size`.
        assert_eq!(unsafe { grown.add(offset).read() }, mark);
    }
    // SAFETY: as above.
    unsafe { grown.add(size).write_bytes(mark, new - size) };
    grown
}

#[test]
fn a_block_with_room_behind_it_keeps_its_place() {
    generated!(Alone, 88, Config::general().with_arena(256 * MIB));
    // SAFETY: the layout is valid.
    let first = unsafe { alloc::<Alone>(layout(128 << 10)) };
    // SAFETY: the block is new.
    unsafe { first.write_bytes(7, 128 << 10) };
    let (mut block, mut size) = (first, 128 << 10);
    while size < 64 * MIB {
        block = grow::<Alone>(block, size, size * 2, 7);
        size *= 2;
        assert_eq!(block, first, "{size} bytes are where 128 KiB were");
        let seen = stats::<Alone>();
        assert_eq!(seen.allocated, size);
        assert!(seen.allocated <= seen.active && seen.active <= seen.mapped);
    }
    // SAFETY: the block is live.
    unsafe { dealloc::<Alone>(block, layout(size)) };
    purge_now::<Alone>();
    validate::<Alone>();
    assert_eq!(stats::<Alone>().mapped, 0);
}

#[test]
fn blocks_that_grow_among_others_lose_nothing() {
    generated!(
        Among,
        88,
        Config::general()
            .with_arena(512 * MIB)
            .with_exhausted(Exhausted::Null)
    );
    let mut rng = Rng::new(11);
    let mut live: Vec<(*mut u8, usize, u8)> = Vec::new();
    for step in 0..3_000 {
        match rng.below(3) {
            0 if !live.is_empty() => {
                let (block, size, mark) = live.swap_remove(rng.below(live.len()));
                // SAFETY: the block is live and that long.
                assert_eq!(unsafe { block.add(size - 1).read() }, mark);
                // SAFETY: the block is live.
                unsafe { dealloc::<Among>(block, layout(size)) };
            }
            1 if !live.is_empty() => {
                let index = rng.below(live.len());
                let (block, size, mark) = live[index];
                let new = size + 1 + rng.below(size);
                if new < 4 * MIB {
                    live[index] = (grow::<Among>(block, size, new, mark), new, mark);
                }
            }
            _ if live.len() < 64 => {
                let size = (32 << 10) + rng.below(600 << 10);
                // SAFETY: the layout is valid.
                let block = unsafe { alloc::<Among>(layout(size)) };
                // SAFETY: the block is new.
                unsafe { block.write_bytes(step as u8, size) };
                live.push((block, size, step as u8));
            }
            _ => purge_now::<Among>(),
        }
        validate::<Among>();
    }
    for (block, size, _) in live {
        // SAFETY: the block is live.
        unsafe { dealloc::<Among>(block, layout(size)) };
    }
    purge_now::<Among>();
    validate::<Among>();
    assert_eq!(
        stats::<Among>().mapped,
        0,
        "every slab is on one class's books"
    );
}
