//! Blocks that are zero: known to be, or made so by writing, by giving back, or not at all.

use core::ptr::NonNull;

use super::{Bench, MIB, general};
use crate::arena::Schedule;
use crate::config::Purge;
use crate::large::Contents;
use crate::sync::Ordering;
use crate::sys::Os;

/// Asserts that `bytes` from `start` on are zero.
fn assert_zero(start: NonNull<u8>, bytes: usize) {
    // SAFETY: callers pass a live block of that length.
    let held = unsafe { core::slice::from_raw_parts(start.as_ptr(), bytes) };
    assert_eq!(held.iter().position(|&byte| byte != 0), None);
}

#[test]
fn zero_is_known_of_dropped_memory_and_not_of_marked() {
    let bench = Bench::new(general());
    for (tick, zero) in [(Schedule::of(Purge::Never), false), (Schedule::NOW, true)] {
        let block = bench.alloc(8 * MIB);
        bench.free(block, 8 * MIB);
        bench.settle(tick);
        let block = bench
            .visit()
            .alloc_large(8 * MIB, 8)
            .expect("there is room");
        assert_eq!(block.contents == Contents::Zero, zero);
        if zero {
            for offset in (0..8 * MIB).step_by(4_096) {
                // SAFETY: the block is live and that long.
                assert_eq!(unsafe { block.payload.add(offset).read() }, 0);
            }
        }
        // SAFETY: as above.
        unsafe { block.payload.write_bytes(1, 8 * MIB) };
        bench.free(block.payload, 8 * MIB);
    }
}

#[test]
fn a_block_is_cleared_by_writing_where_it_is_dense_and_by_dropping_where_it_is_sparse() {
    // A granule's end is no multiple of these.
    for (bytes, sparse) in [(9 * MIB + 77, false), (9 * MIB + 77, true), (MIB + 5, true)] {
        let bench = Bench::new(general());
        let block = bench
            .visit()
            .alloc_large(bytes, 8)
            .expect("there is room")
            .payload;
        for offset in (0..bytes).step_by(if sparse { bytes / 3 } else { 1_024 }) {
            // SAFETY: the block is live and that long.
            unsafe { block.add(offset).write(1) };
        }
        bench.free(block, bytes);
        let again = bench.visit().alloc_large(bytes, 8).expect("there is room");
        assert_ne!(again.contents, Contents::Zero);
        // SAFETY: the block is new and that long.
        unsafe { bench.engine.arena.clear(again.payload, bytes, false) };
        assert_zero(again.payload, bytes);
        let dropped = bench.os.discarded.load(Ordering::Relaxed);
        assert_eq!(dropped > 0, sparse, "{dropped} bytes dropped");
    }
}

#[test]
fn only_what_was_used_is_cleared() {
    let bench = Bench::new(general());
    let used = bench.alloc(3 * MIB);
    bench.free(used, 3 * MIB);
    bench.engine.stats();
    let block = bench
        .visit()
        .alloc_large(40 * MIB, 8)
        .expect("there is room");
    assert_eq!(block.contents, Contents::ByAge);
    assert_eq!(block.payload, used, "it begins with what was used");
    // SAFETY: the block is new and that long.
    unsafe { bench.engine.arena.clear(block.payload, 40 * MIB, true) };
    let resident = (3 * MIB..40 * MIB).step_by(256 << 10).map(|offset| {
        // SAFETY: the range lies in the block.
        unsafe { bench.os.resident(block.payload.add(offset), 256 << 10) }
    });
    assert_eq!(
        resident.flatten().sum::<usize>(),
        0,
        "the rest was not touched"
    );
    assert_zero(block.payload, 40 * MIB);
}

#[test]
fn clearing_works_where_the_system_refuses_advice() {
    let bench = Bench::new(general());
    bench.os.no_advice.store(true, Ordering::Relaxed);
    let block = bench
        .visit()
        .alloc_large(8 * MIB, 8)
        .expect("there is room");
    // SAFETY: the block is live and that long.
    unsafe { block.payload.write(7) };
    // SAFETY: as above.
    unsafe { bench.engine.arena.clear(block.payload, 8 * MIB, false) };
    assert_zero(block.payload, 8 * MIB);
}
