//! What a cache keeps, and what goes to the central pool.

use orthotope::{AllocatorConfig, SizeClass, ThreadCache};
use orthotope_tests::spec::heap::{Heap, kept};
use orthotope_tests::spec::process;

/// Configurations in which limit, refill and batch stand in different proportions.
fn configurations() -> Vec<AllocatorConfig> {
    let mut all = Vec::new();
    for refill_target_bytes in [0, 1_000, 8_000, 32 << 10] {
        for local_cache_target_bytes in [0, 1_000, 10_000, 64 << 10] {
            all.push(AllocatorConfig {
                arena_size: 1 << 30,
                alignment: 64,
                refill_target_bytes,
                local_cache_target_bytes,
            });
        }
    }
    all
}

/// What SPEC says a cache and the central pool hold, as pure arithmetic.
struct Model {
    limit: usize,
    batch: usize,
    local: usize,
    central: usize,
}

impl Model {
    /// Of a cache as it is now.
    fn of(heap: &Heap, cache: &ThreadCache, class: SizeClass) -> Self {
        Self {
            limit: heap.config().local_limit(class),
            batch: heap.config().drain_count(class),
            local: kept(cache, class),
            central: heap.central(class),
        }
    }

    fn free(&mut self) {
        self.local += 1;
        if self.local > self.limit {
            // Or all there are, where a batch is more than that.
            let moved = self.batch.min(self.local);
            self.local -= moved;
            self.central += moved;
        }
    }
}

/// SPEC 4: "After a free that leaves more than `local_limit` blocks of a class in the cache (untouched blocks of its
/// own slabs count), `drain_count` of them go to the central pool": after every single free.
#[test]
fn a_free_beyond_the_limit_moves_drain_count_blocks() {
    for config in configurations() {
        for class in [SizeClass::B64, SizeClass::B256, SizeClass::B4K] {
            let (refill, limit) = (config.refill_count(class), config.local_limit(class));
            let heap = Heap::new(config);
            let mut cache = heap.cache();
            let blocks = heap.alloc_many(&mut cache, class.payload_size(), 2 * limit + refill + 1);
            let mut model = Model::of(&heap, &cache, class);
            for block in blocks {
                heap.free(&mut cache, block).expect("a live block");
                model.free();
                assert_eq!(kept(&cache, class), model.local, "{config:?} {class:?}");
                assert_eq!(heap.central(class), model.central, "{config:?} {class:?}");
            }
        }
    }
}

/// SPEC 4: the same, by a free that states the size.
#[test]
fn a_sized_free_beyond_the_limit_moves_drain_count_blocks() {
    for config in configurations() {
        let class = SizeClass::B256;
        let limit = config.local_limit(class);
        let heap = Heap::new(config);
        let mut cache = heap.cache();
        let blocks = heap.alloc_many(&mut cache, 100, 2 * limit + 1);
        let mut model = Model::of(&heap, &cache, class);
        for block in blocks {
            heap.free_sized(&mut cache, block, 100)
                .expect("a live block");
            model.free();
            assert_eq!(kept(&cache, class), model.local, "{config:?}");
            assert_eq!(heap.central(class), model.central, "{config:?}");
        }
    }
}

/// SPEC 4: "(untouched blocks of its own slabs count)": with a refill of more than is kept, the first free exceeds
/// the limit, though only one block was ever handed out.
#[test]
fn untouched_blocks_count() {
    let config = AllocatorConfig {
        refill_target_bytes: 128 * 10,
        local_cache_target_bytes: 128 * 4,
        ..AllocatorConfig::default()
    };
    let heap = Heap::new(config);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 64);
    assert_eq!(kept(&cache, SizeClass::B64), 9);
    assert_eq!(
        heap.central(SizeClass::B64),
        0,
        "only a free moves anything"
    );
    heap.free(&mut cache, block).expect("a live block");
    assert_eq!(kept(&cache, SizeClass::B64), 5, "10 less a batch of 5");
    assert_eq!(heap.central(SizeClass::B64), 5);
}

/// SPEC 4: "more than `local_limit`": exactly as many stay.
#[test]
fn exactly_the_limit_stays() {
    let config = AllocatorConfig {
        refill_target_bytes: 0,
        local_cache_target_bytes: 128 * 7,
        ..AllocatorConfig::default()
    };
    let heap = Heap::new(config);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 64, 8);
    heap.free_all(&mut cache, &blocks[..7]);
    assert_eq!(kept(&cache, SizeClass::B64), 7);
    assert_eq!(heap.central(SizeClass::B64), 0);
    heap.free(&mut cache, blocks[7]).expect("a live block");
    assert_eq!(
        kept(&cache, SizeClass::B64),
        7,
        "one in, a batch of one out"
    );
    assert_eq!(heap.central(SizeClass::B64), 1);
}

/// SPEC 4: the process-wide functions keep to the default preset's numbers.
#[test]
fn the_process_wide_cache_keeps_local_limit_blocks() {
    process::alone(|| {
        let config = AllocatorConfig::default();
        let class = SizeClass::B64K;
        let (limit, batch) = (config.local_limit(class), config.drain_count(class));
        let blocks: Vec<_> = (0..=limit)
            .map(|_| process::alloc(class.payload_size()))
            .collect();
        let before = process::central(class);
        for (count, block) in blocks.into_iter().enumerate() {
            assert_eq!(process::free(block), Ok(()));
            let expected = if count < limit { 0 } else { batch };
            assert_eq!(process::central(class) - before, expected, "{count}");
        }
    });
}
