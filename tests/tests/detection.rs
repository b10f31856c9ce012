//! Wrong frees under the default preset, in whatever state the block is by then: each is told by its name, and the heap
//! goes on as if nothing had been.

use core::ptr::NonNull;
use std::sync::Mutex;
use std::thread;

use orthotope::FreeError;
use orthotope_tests::random::Random;
use orthotope_tests::spec::process::Parcel;

#[orthotope::allocator(arena = "2GiB")]
static DEFAULT: Default;

const MIB: usize = 1 << 20;
const TWICE: Result<(), FreeError> = Err(FreeError::DoubleFree);
const TWICE_LARGE: Result<(), FreeError> = Err(FreeError::AlreadyFreedOrUnknownLarge);

/// One test at a time: whose block comes next is what they are about.
static ALONE: Mutex<()> = Mutex::new(());

fn alone(test: impl FnOnce()) {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    test();
    goes_on();
}

fn take(size: usize) -> NonNull<u8> {
    let block = Default::allocate(size).expect("there is memory");
    // SAFETY: the block is new, and so long.
    unsafe { block.write_bytes(0x5a, size) };
    block
}

fn free(block: NonNull<u8>) -> Result<(), FreeError> {
    // SAFETY: tests free blocks that nobody uses any more, or what is none.
    unsafe { Default::deallocate(block) }
}

fn free_sized(block: NonNull<u8>, size: usize) -> Result<(), FreeError> {
    // SAFETY: as above.
    unsafe { Default::deallocate_with_size(block, size) }
}

/// Every way to free a block that is free is refused, here and in another thread.
fn is_told(block: NonNull<u8>, size: usize, expected: &Result<(), FreeError>) {
    assert_eq!(&free(block), expected, "{size}");
    assert_eq!(&free_sized(block, size), expected, "{size}");
    assert_eq!(&free_sized(block, size + 1), expected, "{size}");
    let parcel = Parcel::new(block);
    let elsewhere = thread::spawn(move || free(parcel.open()));
    assert_eq!(&elsewhere.join().expect("no panic"), expected, "{size}");
    // SAFETY: nobody uses the block.
    assert!(unsafe { Default::usable_size(block) }.is_err());
}

/// Blocks of many sizes, each its holder's alone.
fn goes_on() {
    let mut random = Random::new(11);
    let mut held = Vec::new();
    for number in 0..400_u64 {
        let size = 1 + random.below(1 << (1 + number % 18));
        let block = Default::allocate(size).expect("there is memory");
        let mark = number as u8;
        // SAFETY: the block is new, and so long.
        unsafe { block.write_bytes(mark, size) };
        held.push((block, size, mark));
    }
    for (block, size, mark) in held {
        // SAFETY: the block is live, so long, and was written.
        let bytes = unsafe { NonNull::slice_from_raw_parts(block, size).as_ref() };
        assert!(bytes.iter().all(|&byte| byte == mark), "{size}");
        assert_eq!(free_sized(block, size), Ok(()));
    }
}

const SMALL: [usize; 6] = [1, 64, 200, 5_000, 100_000, 16 * MIB];

#[test]
fn a_second_free_is_told_wherever_the_block_lies() {
    alone(|| {
        for size in SMALL {
            let block = take(size);
            assert_eq!(free(block), Ok(()));
            is_told(block, size, &TWICE);
            Default::flush_thread();
            is_told(block, size, &TWICE);
            Default::purge_now();
            is_told(block, size, &TWICE);
        }
    });
}

#[test]
fn a_second_free_is_told_while_the_block_lies_in_another_threads_cache() {
    alone(|| {
        for size in SMALL {
            let (ours, theirs) = (take(size), Parcel::new(take(size)));
            // One of that thread's own, and one that it freed for us.
            let (freed, waits) = std::sync::mpsc::channel();
            let (done, ends) = std::sync::mpsc::channel::<()>();
            let other = thread::spawn(move || {
                let its_own = take(size);
                assert_eq!(free(its_own), Ok(()));
                assert_eq!(free(theirs.open()), Ok(()));
                freed.send(Parcel::new(its_own)).expect("somebody waits");
                ends.recv().expect_err("the test is over");
            });
            let its_own = waits.recv().expect("it comes so far").open();
            is_told(its_own, size, &TWICE);
            assert_eq!(free(ours), Ok(()));
            is_told(ours, size, &TWICE);
            drop(done);
            other.join().expect("no panic");
            is_told(its_own, size, &TWICE);
        }
    });
}

#[test]
fn a_second_free_is_told_after_the_page_has_gone_back() {
    alone(|| {
        for size in SMALL {
            // Whole pages of free blocks, and one live among them.
            let count = (256 << 10) / size.max(64) + 2;
            let blocks: Vec<_> = (0..count).map(|_| take(size)).collect();
            let (&live, free_ones) = blocks.split_last().expect("there are blocks");
            for &block in free_ones {
                assert_eq!(free(block), Ok(()));
            }
            Default::flush_thread();
            Default::purge_now();
            for &block in free_ones.iter().step_by(1 + count / 64) {
                is_told(block, size, &TWICE);
            }
            assert_eq!(free_sized(live, size + 1), mismatch(size + 1, size));
            assert_eq!(free_sized(live, size), Ok(()));
        }
    });
}

fn mismatch(provided: usize, recorded: usize) -> Result<(), FreeError> {
    Err(FreeError::SizeMismatch { provided, recorded })
}

#[test]
fn a_second_free_of_a_large_block_is_told_whatever_became_of_it() {
    alone(|| {
        let size = 20 * MIB;
        let blocks: Vec<_> = (0..3).map(|_| take(size)).collect();
        for &block in &blocks {
            assert_eq!(free_sized(block, size + 1), mismatch(size + 1, size));
            assert_eq!(free(block), Ok(()));
            is_told(block, size, &TWICE_LARGE);
        }
        Default::purge_now();
        for &block in &blocks {
            is_told(block, size, &TWICE_LARGE);
        }
        // Of what they leave, joined, most serves another now.
        let joined = take(50 * MIB);
        for &block in &blocks {
            let refused = free(block);
            if block == joined {
                assert_eq!(refused, Ok(()), "that one is live again");
                return;
            }
            assert!(
                matches!(
                    refused,
                    Err(FreeError::AlreadyFreedOrUnknownLarge | FreeError::CorruptHeader)
                ),
                "{refused:?}"
            );
        }
        assert_eq!(free(joined), Ok(()));
        is_told(joined, 50 * MIB, &TWICE_LARGE);
    });
}

#[test]
fn pointers_that_are_no_blocks_are_told() {
    alone(|| {
        let corrupt = Err(FreeError::CorruptHeader);
        for size in SMALL.into_iter().chain([20 * MIB]) {
            let block = take(size);
            let at = |offset: usize| {
                NonNull::new(block.as_ptr().wrapping_add(offset)).expect("an address in the arena")
            };
            for offset in [1, 8, 32, 63] {
                assert_eq!(free(at(offset)), corrupt, "{size}, misaligned");
            }
            let mut offset = 64;
            while offset < size {
                assert_eq!(free(at(offset)), corrupt, "{size}, interior");
                assert_eq!(free_sized(at(offset), size), corrupt, "{size}, interior");
                offset *= 2;
            }
            if size >= 256 {
                // A header of ours, whole, where there is none.
                // SAFETY: 64 bytes of header precede the block, and 128 are in it.
                unsafe { block.copy_from_nonoverlapping(block.sub(64), 64) };
                assert_eq!(free(at(64)), corrupt, "{size}, forged");
            }
            // A header that says something else.
            // SAFETY: as above; the header is put back as it was.
            let header = unsafe { block.sub(64).cast::<[u8; 64]>() };
            // SAFETY: as above.
            let whole = unsafe { header.read() };
            for changed in [0, 4, 7] {
                let mut bytes = whole;
                bytes[changed] ^= 0x10;
                // SAFETY: as above.
                unsafe { header.write(bytes) };
                assert_eq!(free(block), corrupt, "{size}, overwritten");
            }
            // SAFETY: as above.
            unsafe { header.write(whole) };
            assert_eq!(free_sized(block, size - 1), mismatch(size - 1, size));
            assert_eq!(free_sized(block, size), Ok(()));
        }
        let never = |offset: usize| {
            let block = take(64);
            assert_eq!(free(block), Ok(()));
            NonNull::new(block.as_ptr().wrapping_add(offset)).expect("an address")
        };
        for offset in [1_024 * MIB, 1_500 * MIB] {
            let refused = free(never(offset));
            assert!(
                matches!(
                    refused,
                    Err(FreeError::CorruptHeader | FreeError::ForeignPointer)
                ),
                "{refused:?}"
            );
        }
        let foreign = NonNull::from(Box::leak(Box::new([0_u64; 64]))).cast();
        assert_eq!(free(foreign), Err(FreeError::ForeignPointer));
    });
}
