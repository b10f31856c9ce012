//! Wrong frees without a header: the fast path asks nothing, but whatever leaves it is compared with what is known of its
//! address, and what comes back to its slab must have been away. One line says so, and the process ends.

use core::alloc::{GlobalAlloc, Layout};

use orthotope::FreeError;
use orthotope_tests::spec::child;

#[orthotope::allocator(preset = "general", arena = "1GiB")]
static GENERAL: General;

/// Runs `free` in a process of its own, which must abort after one line that says `what`, with the pointer in hexadecimal.
fn ends_the_process(test: &str, what: &str, free: impl FnOnce()) {
    child::aborts(test, &[what, "0x"], free);
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).expect("a valid layout")
}

fn take(size: usize) -> *mut u8 {
    // SAFETY: at least one byte.
    let block = unsafe { GENERAL.alloc(layout(size)) };
    assert!(!block.is_null());
    block
}

fn free(block: *mut u8, size: usize) {
    // SAFETY: not always as `GlobalAlloc` asks, on purpose.
    unsafe { GENERAL.dealloc(block, layout(size)) }
}

/// More frees of `size` bytes than a thread keeps blocks, of `blocks` last.
fn free_until_it_shows(size: usize, blocks: &[*mut u8]) {
    let others: Vec<_> = (0..100).map(|_| take(size)).collect();
    for block in others {
        free(block, size);
    }
    for &block in blocks {
        free(block, size);
    }
    General::flush_thread();
}

#[test]
fn a_free_as_another_class_aborts() {
    let what = FreeError::SizeMismatch {
        provided: 64,
        recorded: 96,
    };
    ends_the_process("a_free_as_another_class_aborts", &what.to_string(), || {
        // The first free of a class leaves the fast path.
        free(take(96), 64);
    });
}

#[test]
fn a_free_of_a_large_block_as_a_small_one_aborts() {
    let what = FreeError::SizeMismatch {
        provided: 64,
        recorded: 3 << 20,
    };
    let test = "a_free_of_a_large_block_as_a_small_one_aborts";
    ends_the_process(test, &what.to_string(), || free(take(3 << 20), 64));
}

#[test]
fn a_free_of_an_interior_pointer_aborts() {
    let what = FreeError::CorruptHeader.to_string();
    ends_the_process("a_free_of_an_interior_pointer_aborts", &what, || {
        // The first free of the class leaves the fast path.
        free(take(96).wrapping_add(8), 64);
    });
}

#[test]
fn a_free_of_a_foreign_pointer_aborts() {
    let what = FreeError::ForeignPointer.to_string();
    ends_the_process("a_free_of_a_foreign_pointer_aborts", &what, || {
        let foreign = Box::leak(Box::new([0_u64; 12]));
        free(foreign.as_mut_ptr().cast(), 96);
    });
}

#[test]
fn a_block_of_another_class_in_a_magazine_aborts_when_it_comes_back() {
    let test = "a_block_of_another_class_in_a_magazine_aborts_when_it_comes_back";
    ends_the_process(test, "no block of its class", || {
        // Past the first free of the class, where the fast path takes it.
        free(take(64), 64);
        free_until_it_shows(64, &[take(200)]);
        General::purge_now();
    });
}

#[test]
fn a_large_block_in_a_magazine_aborts_when_it_comes_back() {
    let test = "a_large_block_in_a_magazine_aborts_when_it_comes_back";
    ends_the_process(test, "no block of its class", || {
        // What a span says of its class before it was ever a slab is the first class.
        free(take(8), 8);
        free_until_it_shows(8, &[take(3 << 20)]);
        General::purge_now();
    });
}

#[test]
fn a_foreign_pointer_in_a_magazine_aborts_when_it_comes_back() {
    let test = "a_foreign_pointer_in_a_magazine_aborts_when_it_comes_back";
    ends_the_process(test, "not this allocator's", || {
        free(take(64), 64);
        let foreign = Box::leak(Box::new([0_u64; 8]));
        free_until_it_shows(64, &[foreign.as_mut_ptr().cast()]);
        General::purge_now();
    });
}

#[test]
fn a_double_free_aborts_when_the_block_comes_back() {
    let test = "a_double_free_aborts_when_the_block_comes_back";
    ends_the_process(test, "double free", || {
        let block = take(64);
        free(take(64), 64);
        free_until_it_shows(64, &[block, block]);
        General::purge_now();
    });
}

#[test]
fn a_large_double_free_aborts() {
    let what = FreeError::AlreadyFreedOrUnknownLarge.to_string();
    ends_the_process("a_large_double_free_aborts", &what, || {
        let block = take(5 << 20);
        free(block, 5 << 20);
        free(block, 5 << 20);
    });
}

#[test]
fn typed_frees_are_checked_in_full() {
    let start = |block| core::ptr::NonNull::new(block).expect("not null");
    let free = |block: *mut u8, size: usize| {
        // SAFETY: what is live is used no more once it is freed.
        unsafe { General::deallocate_with_size(start(block), size) }
    };
    for size in [8, 100, 5_000, 100_000] {
        let class = *General::CLASSES
            .iter()
            .find(|&&class| class >= size)
            .expect("there is one");
        let block = take(size);
        let mismatch = FreeError::SizeMismatch {
            provided: class + 1,
            recorded: class,
        };
        assert_eq!(free(block, class + 1), Err(mismatch));
        assert_eq!(
            free(block.wrapping_add(4), size),
            Err(FreeError::CorruptHeader)
        );
        if size > 8 {
            assert_eq!(
                free(block.wrapping_add(8), size),
                Err(FreeError::CorruptHeader)
            );
        }
        assert_eq!(free(block, size), Ok(()));
        // Back in its slab, if that is there still.
        General::flush_thread();
        General::purge_now();
        assert!(
            matches!(
                free(block, size),
                Err(FreeError::DoubleFree | FreeError::AlreadyFreedOrUnknownLarge)
            ),
            "{size}"
        );
    }
}
