//! Re-entry: a thread that asks for memory, or gives some back, while it is inside the allocator's slow path.
//!
//! Each test has a process of its own, in which nobody else uses the allocator.

use core::ptr::NonNull;
use std::sync::{Arc, Mutex};

use orthotope::OrthotopeGlobalAlloc;
use orthotope_tests::live;
use orthotope_tests::pattern::all_are;
use orthotope_tests::spec::child;
use orthotope_tests::spec::piece::{Piece, layout};
use orthotope_tests::spec::process::{self, Parcel};

use crate::trap::inside_the_next_commit;

const MIB: usize = 1 << 20;
const SIZES: [usize; 5] = [1, 64, 5_000, 3 * MIB, 17 * MIB];

/// Panics if, once every other thread has exited, a block is live.
fn assert_nothing_is_live() {
    let stats = OrthotopeGlobalAlloc::stats();
    assert_eq!(live::all(&stats), 0, "{stats}");
}

/// Commits by a large block, a class's refill: each goes through another slow path.
fn committing(size: usize) {
    let block = process::alloc(size);
    assert_eq!(process::free_sized(block, size), Ok(()));
}

/// SPEC 4: "re-entry […] still get[s] memory": of every kind, zeroed and resized, and gives it back inside.
#[test]
fn a_reentry_gets_memory_and_gives_it_back() {
    if !child::is_child("reentry::a_reentry_gets_memory_and_gives_it_back") {
        return;
    }
    process::in_thread(|| {
        committing(64);
        for outer in [16 * MIB, 40 * MIB] {
            let body = || {
                for size in SIZES {
                    let mut piece = Piece::new(layout(size, 8), 1).expect("memory");
                    assert!(piece.start().as_ptr().addr().is_multiple_of(64));
                    assert!(piece.resize(size + 3_000, 1));
                    assert!(all_are(piece.bytes(), 1));
                    let zeroed = Piece::zeroed(layout(size, 8)).expect("memory");
                    assert!(all_are(zeroed.bytes(), 0));
                }
                let block = process::alloc(100);
                assert_eq!(process::free_sized(block, 100), Ok(()));
            };
            inside_the_next_commit(body, || committing(outer));
        }
    });
    assert_nothing_is_live();
}

/// SPEC 4: "and every free finds its way back": of what was had inside, after it, by this thread and by another.
#[test]
fn what_a_reentry_got_can_be_freed_after_it() {
    if !child::is_child("reentry::what_a_reentry_got_can_be_freed_after_it") {
        return;
    }
    let got = Arc::new(Mutex::new(Vec::new()));
    let inside = Arc::clone(&got);
    process::in_thread(|| {
        committing(64);
        let body = move || {
            let mut got = inside.lock().expect("nobody panics with it");
            for size in SIZES.into_iter().chain(SIZES) {
                got.push(Piece::new(layout(size, 8), 2).expect("memory"));
            }
        };
        inside_the_next_commit(body, || committing(40 * MIB));
        let mut got = got.lock().expect("nobody panics with it");
        for piece in got.iter_mut() {
            let size = piece.bytes().len();
            assert!(piece.resize(2 * size, 2));
            assert!(all_are(piece.bytes(), 2));
        }
        drop(got.split_off(SIZES.len()));
    });
    process::in_thread(|| got.lock().expect("nobody panics with it").clear());
    assert_nothing_is_live();
}

/// Frees, inside the slow path of an allocation of `outer` bytes, a block of `size` bytes that was allocated before.
fn a_free_inside_comes_back(test: &str, size: usize, outer: usize) {
    if !child::is_child(&format!("reentry::{test}")) {
        return;
    }
    process::in_thread(|| {
        let before = Parcel::new(process::alloc(size));
        let free = move || give_back(before.open(), size);
        inside_the_next_commit(free, || committing(outer));
    });
    assert_nothing_is_live();
}

fn give_back(block: NonNull<u8>, size: usize) {
    use core::alloc::GlobalAlloc;
    // SAFETY: the block came from the same arena's `allocate` with this size, and is not used again.
    unsafe { OrthotopeGlobalAlloc::new().dealloc(block.as_ptr(), layout(size, 8)) };
}

/// SPEC 4: "re-entry […] and every free finds its way back": of a block of another class than the one in work.
#[test]
fn a_free_inside_of_another_class_comes_back() {
    let test = "a_free_inside_of_another_class_comes_back";
    a_free_inside_comes_back(test, 64, 16 * MIB);
}

/// SPEC 4: "re-entry […] and every free finds its way back": of a block of the class that is being refilled.
#[test]
fn a_free_inside_of_the_same_class_comes_back() {
    let test = "a_free_inside_of_the_same_class_comes_back";
    a_free_inside_comes_back(test, 16 * MIB, 16 * MIB);
}

/// SPEC 4: "re-entry […] and every free finds its way back": of a large block.
#[test]
fn a_free_inside_of_a_large_block_comes_back() {
    let test = "a_free_inside_of_a_large_block_comes_back";
    a_free_inside_comes_back(test, 17 * MIB, 40 * MIB);
}

/// SPEC 4: "re-entry […] and every free finds its way back": of a block that another thread allocated.
#[test]
fn a_free_inside_of_a_remote_block_comes_back() {
    if !child::is_child("reentry::a_free_inside_of_a_remote_block_comes_back") {
        return;
    }
    let remote = process::in_thread(|| Parcel::new(process::alloc(5_000)));
    process::in_thread(move || {
        committing(64);
        let free = move || give_back(remote.open(), 5_000);
        inside_the_next_commit(free, || committing(40 * MIB));
    });
    assert_nothing_is_live();
}

/// SPEC 4: "re-entry […] and every free finds its way back": by the process-wide functions.
#[test]
fn a_typed_free_inside_comes_back() {
    if !child::is_child("reentry::a_typed_free_inside_comes_back") {
        return;
    }
    for (size, outer) in [(5_000, 40 * MIB), (17 * MIB, 80 * MIB)] {
        let freed = Arc::new(Mutex::new(None));
        let result = Arc::clone(&freed);
        process::in_thread(|| {
            let before = Parcel::new(process::alloc(size));
            let free = move || {
                let answer = process::free(before.open());
                *result.lock().expect("nobody panics with it") = Some(answer);
            };
            inside_the_next_commit(free, || committing(outer));
        });
        let answer = freed.lock().expect("nobody panics with it").take();
        assert_eq!(answer, Some(Ok(())), "{size} bytes");
    }
    assert_nothing_is_live();
}
