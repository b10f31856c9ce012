//! `usable_size`.

use orthotope::{FreeError, OrthotopeGlobalAlloc, SizeClass};
use orthotope_tests::spec::process;

const MIB: usize = 1 << 20;

fn usable(block: core::ptr::NonNull<u8>) -> Result<usize, FreeError> {
    // SAFETY: the tests of this module free blocks on the same thread, one after another.
    unsafe { OrthotopeGlobalAlloc::usable_size(block) }
}

/// SPEC 5: "`usable_size`": all of a small block's class, and at least the request of a large one; all of it can be
/// written without harm to a header.
#[test]
fn usable_size_is_what_may_be_written() {
    process::alone(|| {
        let mut least = 1;
        for class in SizeClass::ALL {
            for size in [least, class.payload_size()] {
                let block = process::alloc(size);
                assert_eq!(usable(block), Ok(class.payload_size()), "{size}");
                assert_eq!(process::free_sized(block, size), Ok(()));
            }
            least = class.payload_size() + 1;
        }
        for size in [16 * MIB + 1, 17 * MIB, 20 * MIB - 64] {
            let blocks = [0; 3].map(|_| process::alloc(size));
            for block in blocks {
                let bytes = usable(block).expect("a live block");
                assert!(bytes >= size);
                // SAFETY: the block is live, and this many bytes may be used.
                unsafe { block.write_bytes(0xff, bytes) };
            }
            for block in blocks {
                assert_eq!(process::free_sized(block, size), Ok(()), "the request");
            }
        }
    });
}

/// SPEC 5: "`usable_size`": of what is no live block, the free's refusal.
#[test]
fn usable_size_of_no_live_block_is_refused() {
    process::alone(|| {
        let block = process::alloc(100);
        assert_eq!(process::free(block), Ok(()));
        assert_eq!(usable(block), Err(FreeError::DoubleFree));
        let large = process::alloc(20 * MIB);
        assert_eq!(process::free(large), Ok(()));
        assert_eq!(usable(large), Err(FreeError::AlreadyFreedOrUnknownLarge));
        let mut stack = 0_u8;
        let foreign = core::ptr::NonNull::from(&mut stack);
        assert_eq!(usable(foreign), Err(FreeError::ForeignPointer));
    });
}
