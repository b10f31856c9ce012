//! Thread exit, for the process-wide functions.

use core::ptr::NonNull;
use std::collections::BTreeSet;

use orthotope::SizeClass;
use orthotope_tests::pattern::all_are;
use orthotope_tests::spec::process::{self, Parcel};

/// SPEC 4: "thread exit publish[es] what is left": the freed blocks and the untouched ones of an exited thread are
/// in the central pool, and serve the next one.
#[test]
fn blocks_cached_by_an_exited_thread_reach_others() {
    process::alone(|| {
        for class in [SizeClass::B64, SizeClass::B4K, SizeClass::B64K] {
            let size = class.payload_size();
            let before = process::central(class);
            let count = before + 1;
            let freed: BTreeSet<usize> = process::in_thread(|| {
                let blocks: Vec<_> = (0..count).map(|_| process::alloc(size)).collect();
                for &block in &blocks {
                    assert_eq!(process::free(block), Ok(()));
                }
                blocks.iter().map(|block| block.as_ptr().addr()).collect()
            });
            let central = process::central(class);
            assert!(central > before, "{class:?}: untouched ones included");
            let remaining = process::stats().arena_remaining;
            let taken: Vec<_> = process::in_thread(|| {
                let taken: Vec<_> = (0..central)
                    .map(|_| Parcel::new(process::alloc(size)))
                    .collect();
                assert_eq!(process::central(class), 0);
                taken
            });
            assert_eq!(
                process::stats().arena_remaining,
                remaining,
                "{class:?}: no slab"
            );
            let found: BTreeSet<_> = taken
                .iter()
                .map(|block| block.open().as_ptr().addr())
                .collect();
            assert!(freed.is_subset(&found), "{class:?}");
            for block in taken {
                assert_eq!(process::free(block.open()), Ok(()));
            }
        }
    });
}

/// SPEC 4: "thread exit publish[es] what is left": also remote blocks staged in its cache.
#[test]
fn remote_blocks_staged_in_an_exited_thread_reach_the_central_pool() {
    process::alone(|| {
        let class = SizeClass::B4K;
        let block = Parcel::new(process::alloc(4_096));
        let before = process::central(class);
        process::in_thread(move || {
            assert_eq!(process::free(block.open()), Ok(()));
            assert_eq!(process::central(class), before, "staged, less than a batch");
        });
        assert_eq!(process::central(class), before + 1);
    });
}

/// SPEC 4: "(blocks of an exited cache are remote to all)": they can still be freed by any thread.
#[test]
fn blocks_outlive_the_thread_that_allocated_them() {
    process::alone(|| {
        let sizes = [1, 64, 300, 5_000, 1 << 20, 20 << 20];
        let blocks: Vec<(Parcel, usize)> = process::in_thread(|| {
            let written = |size: usize| {
                let block = process::alloc(size);
                // SAFETY: the block is live and `size` bytes long.
                unsafe { block.write_bytes(0x3c, size) };
                (Parcel::new(block), size)
            };
            sizes.map(written).to_vec()
        });
        for (parcel, size) in blocks {
            let block = parcel.open();
            let bytes = NonNull::slice_from_raw_parts(block, size);
            // SAFETY: the block is live, written above, and its only user is this test.
            assert!(all_are(unsafe { bytes.as_ref() }, 0x3c));
            assert_eq!(process::free_sized(block, size), Ok(()));
        }
    });
}

/// SPEC 4: "thread exit": a thread that only frees has a cache to publish as well.
#[test]
fn a_thread_whose_first_call_is_a_free_publishes_too() {
    process::alone(|| {
        let class = SizeClass::B256;
        let blocks: Vec<_> = (0..10).map(|_| Parcel::new(process::alloc(200))).collect();
        let before = process::central(class);
        process::in_thread(move || {
            for block in blocks {
                assert_eq!(process::free_sized(block.open(), 200), Ok(()));
            }
        });
        assert_eq!(process::central(class), before + 10);
    });
}

/// SPEC 4: "thread exit publish[es] what is left": thread after thread, nothing is lost.
#[test]
fn a_hundred_threads_leave_nothing_behind() {
    process::alone(|| {
        let work = || {
            for class in SizeClass::ALL {
                let blocks = [0; 5].map(|_| process::alloc(class.payload_size()));
                for block in blocks {
                    assert_eq!(process::free(block), Ok(()));
                }
            }
        };
        process::in_thread(work);
        let before = process::stats();
        for _ in 0..100 {
            process::in_thread(work);
        }
        let after = process::stats();
        assert_eq!(after.small_central, before.small_central);
        assert_eq!(after.arena_remaining, before.arena_remaining);
    });
}
