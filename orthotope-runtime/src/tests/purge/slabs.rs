//! What goes back of slabs: pages though their slab lives, idle slabs, and what one class needs no longer for another.

use super::{Bench, MIB, default_preset, general, schedule};
use crate::arena::{GRANULE, Schedule};
use crate::config::{Config, HugePages};
use crate::large::Contents;
use crate::sync::Ordering;

#[test]
fn pages_without_a_live_block_go_though_their_slab_lives() {
    for (config, size) in [
        (general(), 64),
        (general(), 320),
        (general(), 1_024),
        (general(), 5_120),
        (general(), 40_960),
        (default_preset(), 256),
        (default_preset(), 4_096),
    ] {
        let bench = Bench::new(config);
        let count = 8 * MIB / size;
        let blocks: Vec<_> = (0..count).map(|_| bench.alloc(size)).collect();
        let mut live = Vec::new();
        for (index, block) in blocks.into_iter().enumerate() {
            // One run in eight lives, of pages' length.
            if (index * size / (16 << 10)).is_multiple_of(8) {
                live.push(block);
            } else {
                bench.free(block, size);
            }
        }
        bench.flush();
        bench.settle(schedule());
        let stats = bench.engine.stats();
        let stride = bench
            .engine
            .config
            .stride(bench.engine.class_of(size).expect("small"));
        let needed = live.len() * stride;
        assert!(
            stats.active <= needed * 2 + (64 << 10),
            "{size}: {} bytes active for {needed} live",
            stats.active
        );
        // Whatever comes back is whole, and the live blocks are what they were.
        let again: Vec<_> = (0..count / 2).map(|_| bench.alloc(size)).collect();
        bench.engine.validate();
        for block in live.into_iter().chain(again) {
            for offset in [0, size / 2, size - 1] {
                // SAFETY: the block is live and `size` bytes long.
                assert_eq!(unsafe { block.add(offset).read() }, 0x5a);
            }
            bench.free(block, size);
        }
    }
}

#[test]
fn granules_of_a_purged_slab_are_clean_for_whoever_takes_them() {
    let bench = Bench::new(general());
    let blocks: Vec<_> = (0..64).map(|_| bench.alloc(65_536)).collect();
    for block in blocks {
        bench.free(block, 65_536);
    }
    bench.flush();
    bench.settle(schedule());
    assert_eq!(bench.engine.stats().mapped, 0, "idle slabs go back");
    let block = bench
        .visit()
        .alloc_large(2 * MIB, 8)
        .expect("there is room");
    assert_eq!(block.contents, Contents::Zero);
    assert_eq!(block.payload.as_ptr().addr() % GRANULE, 0);
}

#[test]
fn free_slabs_go_where_their_pages_may_not() {
    for config in [general(), default_preset()] {
        let bench = Bench::new(config.with_huge_pages(HugePages::Always));
        let blocks: Vec<_> = (0..512).map(|_| bench.alloc(16_384)).collect();
        for block in blocks {
            bench.free(block, 16_384);
        }
        bench.flush();
        bench.settle(Schedule::NOW);
        assert_eq!(bench.engine.stats().mapped, 0);
        assert!(bench.os.discarded.load(Ordering::Relaxed) >= 6 * MIB);
    }
}

/// Magazines that one class needed no longer are another's: what records take is what was needed at once, and not the
/// sum of what each class ever needed.
#[test]
fn empty_magazines_of_one_class_serve_the_next() {
    let bench = Bench::new(Config::general().with_arena(256 * MIB));
    let turn = |size| {
        let blocks: Vec<_> = (0..4_000).map(|_| bench.alloc(size)).collect();
        blocks.into_iter().for_each(|block| bench.free(block, size));
        bench.visit().publish();
        bench.engine.tick(Schedule::NOW);
        bench.engine.validate();
        bench.engine.arena.counts().metadata
    };
    let first = turn(16);
    let sizes = [24, 32, 40, 48, 56, 64, 72, 80];
    let last = sizes.map(turn)[sizes.len() - 1];
    // A stack and a magazine or two of its own for each class; the depot's 32 magazines are half a kibibyte each.
    let each = 4 << 10;
    assert!(
        last - first <= sizes.len() * each,
        "{first} to {last} bytes"
    );
}
