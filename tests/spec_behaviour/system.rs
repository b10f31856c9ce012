//! `GlobalAlloc`: what goes to the standard library's `System`, and what does not.

use core::alloc::GlobalAlloc;
use std::alloc::System;

use orthotope::FreeError;
use orthotope_tests::pattern::all_are;
use orthotope_tests::spec::piece::{Piece, layout};
use orthotope_tests::spec::process;

const MIB: usize = 1 << 20;

/// SPEC 4: "**Global**: […] an alignment above the configuration's (64 here) goes to `std::alloc::System`": the block
/// is none of the arena's, and `System` takes it back.
#[test]
fn an_alignment_above_64_goes_to_system() {
    process::alone(|| {
        for alignment in [128, 256, 4_096, 65_536] {
            for size in [1, 64, 5_000, 20 * MIB] {
                let layout = layout(size, alignment);
                let before = process::stats();
                let piece = Piece::new(layout, 5).expect("there is memory");
                assert!(piece.start().as_ptr().addr().is_multiple_of(alignment));
                assert!(all_are(piece.bytes(), 5));
                assert_eq!(process::stats(), before, "nothing of the arena");
                let block = piece.into_raw();
                assert_eq!(process::free(block), Err(FreeError::ForeignPointer));
                // SAFETY: the block is live; as SPEC says, it is `System`'s with this layout.
                unsafe { System.dealloc(block.as_ptr(), layout) };
            }
        }
    });
}

/// SPEC 4: "which the layout alone identifies again at the free": a block of `System`'s with such a layout is given
/// back to `System`.
#[test]
fn a_free_with_such_a_layout_goes_to_system() {
    use orthotope::OrthotopeGlobalAlloc;
    process::alone(|| {
        for layout in [layout(64, 128), layout(20 * MIB, 4_096)] {
            // SAFETY: the layout is of more than zero bytes.
            let block = unsafe { System.alloc(layout) };
            assert!(!block.is_null());
            // SAFETY: the block is live, and of the allocator that serves this layout.
            unsafe { OrthotopeGlobalAlloc::new().dealloc(block, layout) };
        }
    });
}

/// SPEC 4: "`size == 0` […] goes to `std::alloc::System`": allocated, grown, shrunk and freed, whatever the alignment.
#[test]
fn a_size_of_zero_goes_to_system() {
    process::alone(|| {
        for alignment in [1, 8, 64, 4_096] {
            let before = process::stats();
            let zeroed = Piece::zeroed(layout(0, alignment));
            drop(zeroed.expect("there is memory"));
            let piece = Piece::new(layout(0, alignment), 0).expect("there is memory");
            assert_eq!(process::stats(), before, "nothing of the arena");
            drop(piece);
        }
    });
}

/// SPEC 4: "an alignment above the configuration's (64 here)": 64 itself, and all below, is the arena's.
#[test]
fn an_alignment_of_64_or_less_is_the_arenas() {
    process::alone(|| {
        for alignment in [1, 2, 8, 16, 32, 64] {
            for size in [1, 64, 5_000, 20 * MIB] {
                let piece = Piece::new(layout(size, alignment), 5).expect("there is memory");
                assert!(piece.start().as_ptr().addr().is_multiple_of(64));
                assert_eq!(process::free_sized(piece.into_raw(), size), Ok(()));
            }
        }
    });
}

/// SPEC 4: "every free finds its way back": blocks of both kinds, mixed, freed by other threads than theirs.
#[test]
fn every_free_finds_its_way_back() {
    process::alone(|| {
        let work = || {
            let mut pieces = Vec::new();
            for size in [1, 65, 5_000, 70_000, 3 * MIB, 17 * MIB] {
                for alignment in [8, 64, 128, 4_096] {
                    pieces.push(Piece::new(layout(size, alignment), 6).expect("there is memory"));
                }
            }
            pieces
        };
        let round = || {
            let pieces = process::in_thread(work);
            process::in_thread(move || {
                assert!(pieces.iter().all(|piece| all_are(piece.bytes(), 6)));
                drop(pieces);
            });
        };
        round();
        let before = process::stats();
        for _ in 0..5 {
            round();
        }
        let after = process::stats();
        assert_eq!(after, before, "all of it came back");
    });
}
