//! Models of what is done to single blocks: deferred frees, lent blocks, headers.

use core::alloc::Layout;
use core::ptr::NonNull;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::AtomicU32;
use loom::thread;

use super::check;
use super::deferred::Deferred;
use super::word::{BlockState, Word};
use crate::block::{Header, Secret, Shape, State};
use crate::fallback::{Lender, Table};

/// A block: the word that the stack links it by, and what its user left there. Loom sees every access to that: who takes
/// the block must see what was done before it was given.
#[repr(C)]
struct Block {
    link: usize,
    left: UnsafeCell<usize>,
}

#[test]
fn a_deferred_block_is_taken_once_as_it_was_left() {
    check(|| {
        let deferred = Arc::new(Deferred::new());
        let pushers: Vec<_> = (1..3)
            .map(|mark| {
                let deferred = deferred.clone();
                thread::spawn(move || {
                    let block = Box::leak(Box::new(Block {
                        link: 0,
                        left: UnsafeCell::new(0),
                    }));
                    // SAFETY: nobody else knows the block.
                    block.left.with_mut(|left| unsafe { *left = mark });
                    // SAFETY: the block is ours to give, and begins with a word.
                    unsafe { deferred.push(NonNull::from(block).cast()) };
                })
            })
            .collect();
        let take = |deferred: &Deferred| -> Vec<usize> {
            let taken = deferred.take();
            taken
                .map(|block| {
                    // SAFETY: the block came from above, and the taking made it ours.
                    let block = unsafe { Box::from_raw(block.cast::<Block>().as_ptr()) };
                    // SAFETY: loom sees to it that nobody writes meanwhile.
                    block.left.with(|left| unsafe { *left })
                })
                .collect()
        };
        let mut taken = take(&deferred);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        taken.extend(take(&deferred));
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        assert!(deferred.is_empty());
    });
}

#[test]
fn a_lent_block_is_freed_once_whoever_else_lends() {
    check(|| {
        let table = Arc::new(Table::new());
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        let address = table.take(Lender::System, layout(24)).addr();
        assert_eq!(table.size_of(address), Some(24));
        let other = {
            let table = table.clone();
            thread::spawn(move || {
                let own = table.take(Lender::System, layout(40)).addr();
                assert_eq!(table.size_of(own), Some(40), "it is its taker's alone");
                let freed = table.give(address);
                assert!(table.give(own));
                freed
            })
        };
        // The system may lend the other thread the same address once it is free: then the second free is of that.
        let here = table.give(address);
        let there = other.join().unwrap();
        assert!(here || there);
        assert_eq!(table.size_of(address), None);
    });
}

#[test]
fn of_two_checked_frees_at_once_one_is_told() {
    check(|| {
        const ADDRESS: usize = 64 * 1_000;
        let secret = Secret(0x1234_5678_9abc_def0);
        let header = Arc::new(Header::new());
        header.describe(Shape::small(3), 128);
        header.seal(secret.key(7), 7, ADDRESS, 100);
        let other = {
            let header = header.clone();
            thread::spawn(move || header.release_once(secret, ADDRESS))
        };
        let here = header.release_once(secret, ADDRESS);
        let there = other.join().unwrap();
        assert!(here != there, "one free succeeds");
        assert_eq!(header.state(secret, ADDRESS), State::FreeSmall);
    });
}

/// Does both on two threads to a live block of 40 bytes, and returns whether they succeeded and what the block is then.
fn on_two_threads(
    one: fn(Word<'_>) -> bool,
    other: fn(Word<'_>) -> bool,
) -> (bool, bool, BlockState) {
    let word = Arc::new(AtomicU32::new(0));
    Word::of(&word).set_live(40);
    let far = {
        let word = word.clone();
        thread::spawn(move || other(Word::of(&word)))
    };
    let near = one(Word::of(&word));
    let far = far.join().unwrap();
    (near, far, Word::of(&word).state())
}

#[test]
fn of_two_frees_of_a_hardened_block_one_succeeds() {
    check(|| {
        let (one, other, state) = on_two_threads(|word| word.free(40), |word| word.free(40));
        assert!(one != other, "one of two");
        assert_eq!(state, BlockState::Poisoned);
    });
}

#[test]
fn of_a_free_and_a_resize_of_a_hardened_block_one_succeeds() {
    check(|| {
        let (freed, resized, state) =
            on_two_threads(|word| word.free(40), |word| word.resize(40, 48));
        assert!(freed != resized, "one of two");
        let expected = if freed {
            BlockState::Poisoned
        } else {
            BlockState::Live { requested: 48 }
        };
        assert_eq!(state, expected);
    });
}
