//! `hardened = true` in every configuration: with and without a header, in both presets. What is wrong is told by the
//! typed functions, and ends the process through `GlobalAlloc`; whoever writes to a free block, or beyond a large one, is
//! found out.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::sync::mpsc;
use std::thread;

use orthotope::FreeError;
use orthotope_tests::spec::child;
use orthotope_tests::spec::process::Parcel;

const LARGE: usize = 40 << 20;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).expect("a valid layout")
}

/// An allocator as its tests see it.
#[derive(Clone, Copy)]
struct Subject {
    global: &'static (dyn GlobalAlloc + Sync),
    free: unsafe fn(NonNull<u8>) -> Result<(), FreeError>,
    free_sized: unsafe fn(NonNull<u8>, usize) -> Result<(), FreeError>,
    flush_thread: fn(),
    purge_now: fn(),
    header: bool,
}

impl Subject {
    fn take(self, size: usize) -> NonNull<u8> {
        // SAFETY: at least one byte.
        let block = NonNull::new(unsafe { self.global.alloc(layout(size)) });
        let block = block.expect("there is memory");
        // SAFETY: the block is new, and so long.
        unsafe { block.write_bytes(0x5a, size) };
        block
    }

    /// Through `GlobalAlloc`.
    fn give(self, block: NonNull<u8>, size: usize) {
        // SAFETY: not always as `GlobalAlloc` asks, on purpose.
        unsafe { self.global.dealloc(block.as_ptr(), layout(size)) };
    }

    /// Through the typed functions.
    fn free(self, block: NonNull<u8>, size: Option<usize>) -> Result<(), FreeError> {
        match size {
            // SAFETY: what is live is used no more once it is freed.
            Some(size) => unsafe { (self.free_sized)(block, size) },
            // SAFETY: as above.
            None => unsafe { (self.free)(block) },
        }
    }
}

const SIZES: [usize; 7] = [1, 8, 60, 250, 3_000, 70_000, 300_000];

/// Wrong frees through the typed functions: told, and without effect.
fn typed(subject: Subject) {
    for size in SIZES.into_iter().chain([LARGE, LARGE + 1]) {
        let large = size >= LARGE;
        let (block, neighbour) = (subject.take(size), subject.take(size));
        let at = |bytes: usize| NonNull::new(block.as_ptr().wrapping_add(bytes)).expect("no null");
        // Of the same class as well.
        for provided in [size - 1, size + 1, size * 2] {
            let recorded = size;
            let mismatch = FreeError::SizeMismatch { provided, recorded };
            assert_eq!(subject.free(block, Some(provided)), Err(mismatch));
        }
        let corrupt = Err(FreeError::CorruptHeader);
        assert_eq!(subject.free(at(4), None), corrupt, "{size}");
        if size > 64 {
            assert_eq!(subject.free(at(64), None), corrupt, "{size}");
        }
        if subject.header {
            // SAFETY: 64 bytes of header precede the block, which nobody looks at meanwhile.
            let byte = unsafe { block.sub(61) };
            // SAFETY: as above.
            unsafe { byte.write(byte.read() ^ 1) };
            assert_eq!(subject.free(block, Some(size)), corrupt, "{size}");
            // SAFETY: as above.
            unsafe { byte.write(byte.read() ^ 1) };
        }
        let twice = Err(if large {
            FreeError::AlreadyFreedOrUnknownLarge
        } else {
            FreeError::DoubleFree
        });
        // While it lies in another thread's cache, in the pool, in its slab, and with its slab gone.
        let parcel = Parcel::new(block);
        let (freed, waits) = mpsc::channel();
        let (done, ends) = mpsc::channel::<()>();
        let other = thread::spawn(move || {
            freed
                .send(subject.free(parcel.open(), Some(size)))
                .expect("somebody waits");
            ends.recv().expect_err("the test is over");
        });
        assert_eq!(waits.recv().expect("it comes so far"), Ok(()));
        for provided in [None, Some(size), Some(size + 1)] {
            assert_eq!(subject.free(block, provided), twice, "{size}");
        }
        drop(done);
        other.join().expect("no panic");
        let gone = Err(FreeError::AlreadyFreedOrUnknownLarge);
        for step in [subject.flush_thread, subject.purge_now] {
            step();
            let told = subject.free(block, None);
            assert!(told == twice || told == gone, "{size}: {told:?}");
        }
        // SAFETY: the block is live, so long, and was written.
        let bytes = unsafe { NonNull::slice_from_raw_parts(neighbour, size).as_ref() };
        assert!(bytes.iter().all(|&byte| byte == 0x5a), "{size}");
        assert_eq!(subject.free(neighbour, Some(size)), Ok(()));
    }
    let foreign = NonNull::from(Box::leak(Box::new([0_u64; 64]))).cast();
    assert_eq!(subject.free(foreign, None), Err(FreeError::ForeignPointer));
}

/// Writes to a free block of `size` bytes at `offset`, then asks for it again.
fn write_after_free(subject: Subject, size: usize, offset: usize) {
    let block = subject.take(size);
    subject.give(block, size);
    // SAFETY: a write to memory that is mapped still, and nobody's: what the test is about.
    unsafe { block.add(offset).write(0) };
    for _ in 0..10_000 {
        subject.take(size);
    }
}

macro_rules! configuration {
    ($module:ident, $($argument:tt)*) => {
        mod $module {
            use super::*;

            #[orthotope::allocator(hardened = true, arena = "8GiB", $($argument)*)]
            static ALLOCATOR: Hardened;

            fn subject() -> Subject {
                Subject {
                    global: &ALLOCATOR,
                    free: Hardened::deallocate,
                    free_sized: Hardened::deallocate_with_size,
                    flush_thread: Hardened::flush_thread,
                    purge_now: Hardened::purge_now,
                    header: Hardened::CONFIG.header,
                }
            }

            fn name(test: &str) -> String {
                format!("{}::{test}", stringify!($module))
            }

            #[test]
            fn wrong_frees_are_told_and_change_nothing() {
                typed(subject());
            }

            #[test]
            fn a_double_free_aborts() {
                let test = name("a_double_free_aborts");
                child::aborts(&test, &[&FreeError::DoubleFree.to_string(), "0x"], || {
                    let block = subject().take(100);
                    subject().give(block, 100);
                    subject().give(block, 100);
                });
            }

            #[test]
            fn a_wrong_size_aborts() {
                let what = FreeError::SizeMismatch { provided: 99, recorded: 100 };
                child::aborts(&name("a_wrong_size_aborts"), &[&what.to_string()], || {
                    subject().give(subject().take(100), 99);
                });
            }

            #[test]
            fn an_interior_pointer_aborts() {
                let what = FreeError::CorruptHeader.to_string();
                child::aborts(&name("an_interior_pointer_aborts"), &[&what], || {
                    let block = subject().take(3_000);
                    // SAFETY: the block is longer.
                    subject().give(unsafe { block.add(512) }, 3_000);
                });
            }

            #[test]
            fn a_foreign_pointer_aborts() {
                let what = FreeError::ForeignPointer.to_string();
                child::aborts(&name("a_foreign_pointer_aborts"), &[&what], || {
                    let foreign = NonNull::from(Box::leak(Box::new([0_u64; 64])));
                    subject().give(foreign.cast(), 512);
                });
            }

            #[test]
            fn a_large_double_free_aborts() {
                let what = FreeError::AlreadyFreedOrUnknownLarge.to_string();
                child::aborts(&name("a_large_double_free_aborts"), &[&what], || {
                    let block = subject().take(LARGE);
                    subject().give(block, LARGE);
                    subject().give(block, LARGE);
                });
            }

            #[test]
            fn a_realloc_of_a_free_block_aborts() {
                let what = FreeError::DoubleFree.to_string();
                child::aborts(&name("a_realloc_of_a_free_block_aborts"), &[&what], || {
                    let block = subject().take(100);
                    subject().give(block, 100);
                    // SAFETY: not as `GlobalAlloc` asks, on purpose.
                    unsafe { ALLOCATOR.realloc(block.as_ptr(), layout(100), 5_000) };
                });
            }

            #[test]
            fn a_write_to_the_start_of_a_free_block_aborts() {
                let test = name("a_write_to_the_start_of_a_free_block_aborts");
                child::aborts(&test, &["write after free", "at offset 7 "], || {
                    write_after_free(subject(), 5_000, 7);
                });
            }

            #[test]
            fn a_write_to_the_end_of_a_free_block_aborts() {
                let test = name("a_write_to_the_end_of_a_free_block_aborts");
                // SAFETY: the block is live.
                let usable = || unsafe { Hardened::usable_size(subject().take(5_000)) };
                let last = usable().expect("it is live") - 1;
                let told = format!("at offset {last} ");
                child::aborts(&test, &["write after free", &told], || {
                    write_after_free(subject(), 5_000, last);
                });
            }

            #[test]
            fn a_write_to_a_free_large_block_aborts() {
                let test = name("a_write_to_a_free_large_block_aborts");
                child::aborts(&test, &["write after free", "at offset 200 "], || {
                    write_after_free(subject(), LARGE, 200);
                });
            }

            #[test]
            fn a_write_beyond_a_large_block_faults() {
                let test = name("a_write_beyond_a_large_block_faults");
                child::ended_by(&test, libc::SIGSEGV, || {
                    let size = LARGE - 64;
                    // SAFETY: one byte too far, on purpose.
                    unsafe { subject().take(size).add(size).write(1) };
                });
            }

            #[test]
            fn a_write_before_a_large_block_faults() {
                let test = name("a_write_before_a_large_block_faults");
                child::ended_by(&test, libc::SIGSEGV, || {
                    let mut place = subject().take(LARGE).as_ptr();
                    // At most what alignment and rounding leave lies between the block and the page before it.
                    for _ in 0..(256 << 10) {
                        place = place.wrapping_sub(1);
                        // SAFETY: before the block, on purpose.
                        unsafe { place.write(1) };
                    }
                });
            }
        }
    };
}

configuration!(general, preset = "general");
configuration!(
    general_headed,
    preset = "general",
    header = true,
    align = 64
);
configuration!(tensor, preset = "tensor");
configuration!(tensor_bare, preset = "tensor", header = false);
