//! Statistics: a best-effort snapshot.

use std::thread::ScopedJoinHandle;

use orthotope::SizeClass;
use orthotope_tests::spec::heap::Heap;
use orthotope_tests::spec::process;

/// SPEC 4: "**Stats** are a best-effort snapshot": taken while other threads work, it neither fails nor hangs, and its
/// figures stay in their bounds.
#[test]
fn a_snapshot_can_be_taken_while_others_work() {
    let heap = Heap::with_arena(256 << 20);
    std::thread::scope(|scope| {
        let worker = || {
            let mut cache = heap.cache();
            for round in 0..300 {
                let blocks = heap.alloc_many(&mut cache, 1 << (round % 16), 20);
                let large = heap.alloc(&mut cache, 17 << 20);
                heap.free(&mut cache, large).expect("a live block");
                heap.free_all(&mut cache, &blocks);
            }
        };
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        // Also where one panics, which the scope's end tells.
        while !workers.iter().any(ScopedJoinHandle::is_finished) {
            let stats = heap.stats();
            assert!(stats.arena_remaining <= stats.arena_capacity);
            assert!(stats.large_live_allocations <= 2);
            let blocks: usize = stats.small_central.iter().map(|class| class.blocks).sum();
            assert_eq!(stats.total_small_central_blocks(), blocks);
        }
    });
    assert_eq!(heap.stats().large_live_allocations, 0);
}

/// SPEC 4: the same of the process-wide one.
#[test]
fn a_process_wide_snapshot_can_be_taken_while_others_work() {
    process::alone(|| {
        std::thread::scope(|scope| {
            let worker = || {
                for round in 0..2_000 {
                    let block = process::alloc(1 << (round % 20));
                    assert_eq!(process::free(block), Ok(()));
                }
            };
            let workers = [scope.spawn(worker), scope.spawn(worker)];
            for _ in 0..500 {
                let stats = process::stats();
                assert!(stats.arena_remaining <= stats.arena_capacity);
            }
            // The next test finds their caches published: unlike the scope's end, a join waits for that.
            for worker in workers {
                worker.join().expect("no thread panics");
            }
        });
    });
}

/// SPEC 4: "`arena_remaining` is address space not yet handed out, not memory in use": what comes back does not raise
/// it, what is reused does not lower it.
#[test]
fn arena_remaining_is_address_space_not_memory_in_use() {
    let heap = Heap::with_arena(64 << 20);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 64, 1_000);
    let remaining = heap.stats().arena_remaining;
    assert!(remaining < heap.stats().arena_capacity);
    heap.free_all(&mut cache, &blocks);
    heap.drain_thread_cache(&mut cache);
    assert_eq!(heap.stats().arena_remaining, remaining);
    heap.alloc_many(&mut cache, 64, 1_000);
    assert_eq!(heap.stats().arena_remaining, remaining);
}

/// SPEC 4: "`small_central` counts what the central pool holds": of each class its own, to the block.
#[test]
fn small_central_counts_what_the_central_pool_holds() {
    let heap = Heap::with_arena(256 << 20);
    let mut cache = heap.cache();
    let mut expected = [0; 12];
    for class in SizeClass::ALL {
        let blocks = heap.alloc_many(&mut cache, class.payload_size(), 2);
        heap.free(&mut cache, blocks[0]).expect("a live block");
        expected[class.index()] = cache.stats().local[class.index()].blocks;
    }
    heap.drain_thread_cache(&mut cache);
    let found = heap.stats().small_central.map(|class| class.blocks);
    assert_eq!(found, expected);
}
