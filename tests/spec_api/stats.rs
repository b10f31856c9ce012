//! Statistics: which entry is whose, and the sums.

use orthotope::{AllocatorConfig, SizeClass};
use orthotope_tests::spec::heap::Heap;

/// SPEC 3: "`small_central: [SizeClassStats; 12]`", "`local: [SizeClassStats; 12]`": an entry a class, by index.
#[test]
fn every_class_has_its_own_entry() {
    let heap = Heap::with_arena(64 << 20);
    let cache = heap.cache();
    let (stats, local) = (heap.stats(), cache.stats());
    for class in SizeClass::ALL {
        assert_eq!(stats.small_central[class.index()].class, class);
        assert_eq!(local.local[class.index()].class, class);
    }
}

/// SPEC 3: "`SizeClassStats { class, blocks, bytes }`": bytes are blocks times the block size at the
/// allocator's alignment; "`total_small_central_blocks(), total_small_central_bytes()`" and
/// "`total_local_blocks(), total_local_bytes()`" are the sums.
#[test]
fn bytes_are_blocks_times_block_size_and_totals_are_sums() {
    for alignment in [64, 4_096] {
        let config = AllocatorConfig {
            alignment,
            ..AllocatorConfig::default()
        };
        let heap = Heap::new(config);
        let mut cache = heap.cache();
        for class in SizeClass::ALL {
            let block = heap.alloc(&mut cache, class.payload_size());
            heap.free(&mut cache, block).expect("a live block");
        }
        let local = cache.stats();
        let refills = SizeClass::ALL.map(|class| config.refill_count(class));
        assert_eq!(local.local.map(|entry| entry.blocks), refills);
        heap.drain_thread_cache(&mut cache);
        let central = heap.stats();
        for (before, after) in local.local.iter().zip(&central.small_central) {
            assert_eq!(before, after, "all that was local is central now");
            let size = config.class_block_size(before.class);
            assert_eq!(before.bytes, before.blocks * size);
        }
        let blocks: usize = refills.iter().sum();
        let bytes: usize = local.local.iter().map(|entry| entry.bytes).sum();
        assert_eq!(local.total_local_blocks(), blocks);
        assert_eq!(local.total_local_bytes(), bytes);
        assert_eq!(central.total_small_central_blocks(), blocks);
        assert_eq!(central.total_small_central_bytes(), bytes);
        assert_eq!(cache.stats().total_local_blocks(), 0);
    }
}
