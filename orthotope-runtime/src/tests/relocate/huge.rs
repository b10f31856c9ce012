//! Advice for large blocks alone: where they start, what is advised of them, and when the advice ends.

use super::{GRANULE, MIB, Program, TABLE, bare, headed};
use crate::arena::Schedule;
use crate::config::{Config, HugePages, Purge};
use crate::sync::Ordering;

fn large(config: Config) -> Config {
    config.with_huge_pages(HugePages::Large)
}

#[test]
fn a_large_block_starts_at_a_huge_page_and_is_advised_while_it_lives() {
    for config in [large(bare()), large(headed())] {
        let program = Program::new(config);
        let header = if config.header { 64 } else { 0 };
        let _small = program.take(MIB);
        assert!(program.os.huge().is_empty(), "less than a huge page");
        let blocks = [2 * MIB, 5 * MIB, 4 * MIB + GRANULE].map(|size| program.take(size));
        for block in blocks {
            assert_eq!(block.start.as_ptr().addr() % TABLE, header);
            program.check_huge_pages();
        }
        assert_eq!(program.os.huge().len(), 1 + 2 + 2);
        for block in blocks {
            assert_eq!(program.free(block), Ok(()));
        }
        // Whoever takes the lock sweeps the lane where they are parked.
        program.engine.stats();
        assert!(program.os.huge().is_empty(), "advice ends with the block");
        program.engine.validate();
    }
}

#[test]
fn a_parked_block_stays_advised_and_costs_no_call() {
    let program = Program::new(large(bare()));
    let block = program.take(4 * MIB);
    let calls = program.os.calls.load(Ordering::Relaxed);
    for _ in 0..10 {
        assert_eq!(program.free(block), Ok(()));
        program.check_huge_pages();
        assert_eq!(program.take(4 * MIB).start, block.start);
    }
    assert_eq!(program.os.calls.load(Ordering::Relaxed), calls);
}

#[test]
fn what_grows_is_advised_and_what_is_cut_off_is_not() {
    let program = Program::new(large(bare()));
    let mut block = program.take(3 * MIB);
    for size in [3 * MIB + GRANULE, 9 * MIB, 40 * MIB, 5 * MIB, MIB, 2 * MIB] {
        block = program.resize(block, size).expect("nothing is behind it");
        program.check_huge_pages();
        assert_eq!(program.os.huge().len(), size / TABLE);
    }
}

#[test]
fn advice_moves_with_the_pages() {
    let program = Program::new(large(bare()));
    let block = program.take(5 * MIB);
    program.pin(block);
    let moved = program.grow(block, 30 * MIB);
    assert_ne!(moved.start, block.start);
    program.check_huge_pages();
    assert_eq!(program.free(moved), Ok(()));
    program.engine.stats();
    assert!(program.os.huge().is_empty());
}

#[test]
fn without_room_for_a_huge_page_a_block_is_served_all_the_same() {
    let program = Program::new(large(bare()).with_arena(64 * MIB));
    // All of the budget, whatever is lost before a block that starts at a huge page.
    let size = 2 * MIB + GRANULE;
    let blocks: Vec<_> = (0..64 * MIB / size).map(|_| program.take(size)).collect();
    program.check_huge_pages();
    for block in blocks {
        assert_eq!(program.free(block), Ok(()));
    }
    program.engine.validate();
}

#[test]
fn guards_are_on_small_pages() {
    let program = Program::new(large(bare().with_hardened(true)));
    let (short, long) = (program.take(2 * MIB), program.take(7 * MIB));
    program.check_huge_pages();
    assert_eq!(program.os.huge().len(), 2);
    assert_eq!(program.free(short), Ok(()));
    assert_eq!(program.free(long), Ok(()));
    program.engine.stats();
    assert!(program.os.huge().is_empty());
    program.engine.validate();
}

#[test]
fn what_grows_in_place_leaves_two_seams() {
    let program = Program::new(large(bare()).with_arena(64 << 30));
    let mut size = 2 * MIB;
    let mut block = program.visit().alloc_large(size, 8).expect("room").payload;
    // More often than advice may split mappings.
    for _ in 0..5_000 {
        let resized = program.visit().resize(block, size, size + 2 * MIB);
        block = resized.expect("it is live").expect("nothing is behind it");
        size += 2 * MIB;
    }
    assert_eq!(program.os.huge().len(), size / TABLE);
    program.engine.validate();
}

#[test]
fn beyond_what_mappings_may_be_split_blocks_go_without() {
    let program = Program::new(large(bare()).with_arena(64 << 30));
    // Ends that meet nobody's: two seams a block.
    let blocks: Vec<_> = (0..5_000)
        .map(|_| {
            program
                .visit()
                .alloc_large(2 * MIB + GRANULE, 8)
                .expect("there is room")
        })
        .collect();
    assert_eq!(program.os.huge().len(), 2_048, "4,096 seams");
    program.engine.validate();
    for block in blocks {
        // SAFETY: nobody uses it.
        let freed = unsafe { program.visit().free_checked(block.payload, None) };
        assert_eq!(freed, Ok(()));
    }
    program.engine.stats();
    assert!(program.os.huge().is_empty());
    program.engine.validate();
}

#[test]
fn memory_goes_back_by_the_page() {
    let program = Program::new(large(bare()).with_purge(Purge::Never));
    let block = program.take(3 * MIB);
    let behind = program.take(GRANULE);
    assert_eq!(program.free(block), Ok(()));
    while program.engine.tick(Schedule::NOW).pending {}
    let gone = program.os.discarded.load(Ordering::Relaxed);
    assert!(gone >= 3 * MIB, "{gone} bytes, in no units of a huge page");
    program.check_huge_pages();
    assert_eq!(program.free(behind), Ok(()));
}
