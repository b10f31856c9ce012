//! The four process-wide functions.

use orthotope::{AllocError, FreeError};
use orthotope_tests::spec::process;

/// SPEC 3: "`allocate(size: usize) -> Result<NonNull<u8>, AllocError>`", "`unsafe deallocate(ptr: NonNull<u8>)`":
/// memory of the size asked for, aligned to 64, that can be freed again.
#[test]
fn what_allocate_returns_can_be_written_and_deallocated() {
    process::alone(|| {
        for size in [1, 63, 64, 65, 4_096, 100_000, 16 << 20, (16 << 20) + 1] {
            let block = process::alloc(size);
            assert!(block.as_ptr().addr().is_multiple_of(64), "{size}");
            // SAFETY: the block is live and `size` bytes long.
            unsafe { block.write_bytes(0xa5, size) };
            assert_eq!(process::free(block), Ok(()), "{size}");
        }
    });
}

/// SPEC 3: "`unsafe deallocate_with_size(ptr, size)` // a live block's recorded size must match".
#[test]
fn deallocate_with_size_wants_the_recorded_size() {
    process::alone(|| {
        for size in [1, 64, 65, 5_000, 20 << 20] {
            let block = process::alloc(size);
            for provided in [0, size - 1, size + 1, 2 * size + 64, usize::MAX] {
                let recorded = size;
                let mismatch = FreeError::SizeMismatch { provided, recorded };
                assert_eq!(process::free_sized(block, provided), Err(mismatch));
            }
            assert_eq!(process::free_sized(block, size), Ok(()));
        }
    });
}

/// SPEC 3: "`AllocError::{ZeroSize, …}`" from the process-wide function.
#[test]
fn allocate_refuses_zero_bytes() {
    assert_eq!(orthotope::allocate(0), Err(AllocError::ZeroSize));
}

/// SPEC 3: "`OutOfMemory { requested, remaining }`" from the process-wide function: what no address space holds.
#[test]
fn allocate_says_what_was_requested_and_what_remains() {
    process::alone(|| {
        let remaining = process::stats().arena_remaining;
        for requested in [usize::MAX, usize::MAX - 63, isize::MAX as usize] {
            let error = AllocError::OutOfMemory {
                requested,
                remaining,
            };
            assert_eq!(orthotope::allocate(requested), Err(error));
        }
    });
}

/// SPEC 3: "`global_stats() -> Result<AllocatorStats, &'static InitError>`": the same arena's figures.
#[test]
fn global_stats_counts_what_the_functions_do() {
    process::alone(|| {
        let before = process::stats();
        let block = process::alloc(20 << 20);
        let during = process::stats();
        assert_eq!(process::free(block), Ok(()));
        let after = process::stats();
        let bytes = (20 << 20) + 64;
        assert_eq!(during.large_live_bytes, before.large_live_bytes + bytes);
        assert_eq!(after.large_live_bytes, before.large_live_bytes);
        assert!(after.large_free_bytes >= bytes);
        assert!(during.arena_remaining <= during.arena_capacity);
    });
}
