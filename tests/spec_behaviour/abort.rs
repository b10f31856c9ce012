//! An invalid free through `GlobalAlloc`: one line, and the end.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

use orthotope::{FreeError, OrthotopeGlobalAlloc};
use orthotope_tests::spec::child;
use orthotope_tests::spec::piece::{Piece, layout};

/// Runs `free` in a process of its own, which must end in an abort after one line on stderr that says `what`, names the
/// pointer in hexadecimal and the size.
fn ends_the_process(test: &str, size: usize, what: &FreeError, free: impl FnOnce()) {
    let parts = [&what.to_string(), "0x", &size.to_string()];
    child::aborts(&format!("abort::{test}"), &parts, free);
}

fn dealloc(block: NonNull<u8>, layout: Layout) {
    // SAFETY: not as `GlobalAlloc` asks, on purpose: the allocator says what it does then. Nothing is used afterwards.
    unsafe { OrthotopeGlobalAlloc::new().dealloc(block.as_ptr(), layout) }
}

fn block(layout: Layout) -> NonNull<u8> {
    Piece::new(layout, 0).expect("memory").into_raw()
}

/// SPEC 4: "An invalid free through `GlobalAlloc` prints one line that says what was wrong and aborts": a second free.
#[test]
fn a_double_free_aborts() {
    ends_the_process("a_double_free_aborts", 100, &FreeError::DoubleFree, || {
        let layout = layout(100, 8);
        let block = block(layout);
        dealloc(block, layout);
        dealloc(block, layout);
    });
}

/// SPEC 4: "An invalid free through `GlobalAlloc` […] aborts": a second free of a large block.
#[test]
fn a_large_double_free_aborts() {
    let size = 20 << 20;
    let what = FreeError::AlreadyFreedOrUnknownLarge;
    ends_the_process("a_large_double_free_aborts", size, &what, || {
        let layout = layout(size, 8);
        let block = block(layout);
        dealloc(block, layout);
        dealloc(block, layout);
    });
}

/// SPEC 4: "An invalid free through `GlobalAlloc` […] aborts": another allocator's pointer.
#[test]
fn a_foreign_free_aborts() {
    let what = FreeError::ForeignPointer;
    ends_the_process("a_foreign_free_aborts", 640, &what, || {
        let foreign = Vec::<u64>::with_capacity(80).leak();
        dealloc(NonNull::from(foreign).cast(), layout(640, 8));
    });
}

/// SPEC 4: "An invalid free through `GlobalAlloc` […] aborts": a wrong size of the same class.
#[test]
fn a_free_of_a_wrong_size_aborts() {
    let what = FreeError::SizeMismatch {
        provided: 3_000,
        recorded: 2_000,
    };
    ends_the_process("a_free_of_a_wrong_size_aborts", 3_000, &what, || {
        dealloc(block(layout(2_000, 8)), layout(3_000, 8));
    });
}

/// SPEC 4: the same, a large block's size.
#[test]
fn a_free_of_another_class_aborts() {
    let what = FreeError::SizeMismatch {
        provided: 20 << 20,
        recorded: 2_000,
    };
    ends_the_process("a_free_of_another_class_aborts", 20 << 20, &what, || {
        dealloc(block(layout(2_000, 8)), layout(20 << 20, 8));
    });
}

/// SPEC 4: "An invalid free through `GlobalAlloc` […] aborts": an overwritten header.
#[test]
fn a_free_with_a_corrupt_header_aborts() {
    let what = FreeError::CorruptHeader;
    ends_the_process("a_free_with_a_corrupt_header_aborts", 64, &what, || {
        let block = block(layout(64, 8));
        // SAFETY: 64 bytes of header precede every block; the block is not used as one any more.
        let header = unsafe { block.sub(64) };
        // SAFETY: as above.
        unsafe { header.write_bytes(0, 64) };
        dealloc(block, layout(64, 8));
    });
}

/// SPEC 4: "An invalid free through `GlobalAlloc` […] aborts": a pointer into a block.
#[test]
fn a_free_of_an_interior_pointer_aborts() {
    let what = FreeError::CorruptHeader;
    ends_the_process("a_free_of_an_interior_pointer_aborts", 4_000, &what, || {
        let block = block(layout(4_000, 8));
        // SAFETY: the block is 4000 bytes long.
        dealloc(unsafe { block.add(128) }, layout(4_000, 8));
    });
}

/// SPEC 4: "An invalid free through `GlobalAlloc` […] aborts": `realloc` of a block that is free frees it as well.
#[test]
fn a_realloc_of_a_free_block_aborts() {
    let what = FreeError::DoubleFree;
    ends_the_process("a_realloc_of_a_free_block_aborts", 100, &what, || {
        let layout = layout(100, 8);
        let block = block(layout);
        dealloc(block, layout);
        // SAFETY: not as `GlobalAlloc` asks, on purpose, as in `dealloc`.
        let moved = unsafe { OrthotopeGlobalAlloc::new().realloc(block.as_ptr(), layout, 200) };
        assert!(moved.is_null(), "it must not come to this");
    });
}

/// SPEC 4: "prints one line": of a thread other than the main one, with its own cache, as well.
#[test]
fn a_double_free_by_another_thread_aborts() {
    let what = FreeError::DoubleFree;
    ends_the_process("a_double_free_by_another_thread_aborts", 100, &what, || {
        let piece = Piece::new(layout(100, 8), 0).expect("memory");
        let start = orthotope_tests::spec::process::Parcel::new(piece.start());
        std::thread::spawn(move || drop(piece))
            .join()
            .expect("a valid free");
        dealloc(start.open(), layout(100, 8));
    });
}
