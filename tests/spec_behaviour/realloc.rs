//! `realloc` and `alloc_zeroed`.

use orthotope::SizeClass;
use orthotope_tests::pattern::all_are;
use orthotope_tests::spec::child;
use orthotope_tests::spec::piece::{Piece, layout};
use orthotope_tests::spec::process;

const MIB: usize = 1 << 20;

/// A spread of sizes over all classes, the large path, and back.
const SIZES: [usize; 12] = [
    1,
    64,
    65,
    256,
    300,
    5_000,
    7_000,
    100_000,
    2 * MIB,
    16 * MIB,
    16 * MIB + 1,
    20 * MIB,
];

/// SPEC 5: "`realloc`": the contents are kept up to the lesser size, from any class to any other, and across `System`.
#[test]
fn realloc_keeps_the_contents() {
    process::alone(|| {
        for alignment in [8, 64, 128] {
            for from in SIZES {
                for to in SIZES {
                    let mut piece = Piece::new(layout(from, alignment), 0x11).expect("memory");
                    assert!(piece.resize(to, 0x22));
                    let kept = from.min(to);
                    let start = piece.start().as_ptr().addr();
                    assert!(start.is_multiple_of(alignment), "{from} to {to}");
                    assert!(all_are(&piece.bytes()[..kept], 0x11));
                    assert!(all_are(&piece.bytes()[kept..], 0x22));
                }
            }
        }
    });
}

/// SPEC 5: "`realloc`": within its class a block stays where it is, and its header knows the new size.
#[test]
fn realloc_within_a_class_is_in_place() {
    process::alone(|| {
        let mut least = 1;
        for class in SizeClass::ALL {
            let most = class.payload_size();
            let mut piece = Piece::new(layout(least, 8), 0x33).expect("memory");
            let start = piece.start();
            for size in [most, most - 1, least, most] {
                assert!(piece.resize(size, 0x33));
                assert_eq!(piece.start(), start, "{class:?} to {size}");
            }
            assert_eq!(process::free_sized(piece.into_raw(), most), Ok(()));
            least = most + 1;
        }
    });
}

/// SPEC 4: "[freed large blocks] keep their full capacity": a large block may grow in place into what it has.
#[test]
fn a_large_block_grows_in_place_into_its_capacity() {
    if !child::is_child("realloc::a_large_block_grows_in_place_into_its_capacity") {
        return;
    }
    let first = Piece::new(layout(24 * MIB, 8), 1).expect("memory");
    let start = first.start();
    drop(first);
    let mut piece = Piece::new(layout(20 * MIB, 8), 2).expect("memory");
    assert_eq!(piece.start(), start, "the only freed block");
    let live = process::stats().large_live_bytes;
    assert!(piece.resize(24 * MIB, 3));
    assert_eq!(piece.start(), start);
    assert_eq!(process::stats().large_live_bytes, live + 4 * MIB);
    assert!(all_are(&piece.bytes()[..20 * MIB], 2));
    assert_eq!(process::free_sized(piece.into_raw(), 24 * MIB), Ok(()));
}

/// SPEC 5: "`realloc`": one that cannot be served returns null and leaves the block as it was.
#[test]
fn a_refused_realloc_leaves_the_block() {
    process::alone(|| {
        for alignment in [8, 128] {
            for size in [64, 5_000, 20 * MIB] {
                let mut piece = Piece::new(layout(size, alignment), 0x44).expect("memory");
                let start = piece.start();
                let impossible = isize::MAX as usize - 4_095;
                assert!(!piece.resize(impossible, 0));
                assert_eq!(piece.start(), start);
                assert!(all_are(piece.bytes(), 0x44));
            }
        }
    });
}

/// SPEC 5: "`alloc_zeroed`": zero from the first use on, and after reuse of blocks that were written to.
#[test]
fn alloc_zeroed_is_zero_also_after_reuse() {
    process::alone(|| {
        for alignment in [8, 64, 128] {
            for size in SIZES {
                for _ in 0..3 {
                    let mut piece = Piece::zeroed(layout(size, alignment)).expect("memory");
                    assert!(all_are(piece.bytes(), 0), "{size}");
                    piece.bytes_mut().fill(0xff);
                }
            }
        }
    });
}

/// SPEC 5: "`alloc_zeroed`": also where a large block lies in what small ones left, and the other way round.
#[test]
fn alloc_zeroed_is_zero_in_memory_that_served_otherwise() {
    process::alone(|| {
        let dirty: Vec<_> = [17 * MIB, 64 * MIB, 33 * MIB]
            .map(|size| Piece::new(layout(size, 8), 0xff).expect("memory"))
            .into_iter()
            .collect();
        drop(dirty);
        // Splits of what was written to, and what joins them again.
        for size in [40 * MIB, 17 * MIB, 20 * MIB, 16 * MIB, MIB, 64 * MIB] {
            let zeroed = Piece::zeroed(layout(size, 8)).expect("memory");
            assert!(all_are(zeroed.bytes(), 0), "{size}");
        }
    });
}

/// SPEC 5: "`realloc`": a thousand steps of a growing vector's kind, on one block.
#[test]
fn realloc_step_by_step_keeps_everything() {
    process::alone(|| {
        let mut piece = Piece::new(layout(1, 1), 0).expect("memory");
        for step in 1..1_000_usize {
            assert!(piece.resize(step * 97, (step % 251) as u8));
        }
        for (index, stretch) in piece.bytes().chunks(97).enumerate().skip(1) {
            assert!(all_are(stretch, ((index + 1) % 251) as u8), "{index}");
        }
    });
}
