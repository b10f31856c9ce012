//! Snapshots that serialise: the fields by their names, and what was written is what is read.

use orthotope::{Allocator, AllocatorConfig, AllocatorStats, Stats, ThreadCache, ThreadCacheStats};
use serde_json::json;

#[orthotope::allocator(arena = "1GiB", classes = [64, 1024, "64KiB"])]
static ARENA: ArenaAlloc;

#[test]
fn a_generated_type_s_statistics_are_an_object_of_their_fields() {
    let _blocks = [100, 100, 50_000, 1 << 20]
        .map(|size| ArenaAlloc::allocate(size).expect("there is memory"));
    let stats = ArenaAlloc::stats();
    let value = serde_json::to_value(&stats).unwrap();
    assert_eq!(value["allocated"], json!(2 * 1024 + (64 << 10) + (1 << 20)));
    assert_eq!(value["large_live"], json!(1));
    let class = &value["classes"][1];
    assert_eq!(
        (&class["payload"], &class["stride"], &class["live"]),
        (&json!(1024), &json!(1088), &json!(2))
    );
    assert_eq!(serde_json::from_value::<Stats>(value).unwrap(), stats);
}

#[test]
fn figures_that_a_writer_did_not_know_are_zero() {
    let read: Stats =
        serde_json::from_str(r#"{"allocated": 7, "classes": [{"payload": 64}], "of_tomorrow": 1}"#)
            .unwrap();
    assert_eq!((read.allocated, read.resident), (7, 0));
    assert_eq!((read.classes[0].payload, read.classes[0].live), (64, 0));
}

#[test]
fn an_instance_s_statistics_name_their_classes() {
    let config = AllocatorConfig {
        arena_size: 64 << 20,
        ..AllocatorConfig::default()
    };
    let allocator = Allocator::new(config).unwrap();
    let mut cache = ThreadCache::new(config);
    let block = allocator.allocate_with_cache(&mut cache, 6000).unwrap();
    // SAFETY: the block is live and not used afterwards.
    unsafe { allocator.deallocate_with_cache(&mut cache, block) }.unwrap();

    let stats = cache.stats();
    let value = serde_json::to_value(stats).unwrap();
    assert_eq!(value["is_bound"], json!(true));
    assert_eq!(value["local"][3]["class"], json!("B6K"));
    let read: ThreadCacheStats = serde_json::from_value(value).unwrap();
    assert_eq!(read, stats);

    let stats = allocator.stats();
    let text = serde_json::to_string(&stats).unwrap();
    assert_eq!(
        serde_json::from_str::<AllocatorStats>(&text).unwrap(),
        stats
    );
}
