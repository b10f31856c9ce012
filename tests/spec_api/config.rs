//! The configuration: defaults, what is derived from it, what is refused.

use orthotope::{Allocator, AllocatorConfig, InitError, SizeClass};
use orthotope_tests::spec::heap::Heap;

/// A spread of legal configurations, the default among them.
pub(crate) fn configurations() -> Vec<AllocatorConfig> {
    let mut all = vec![AllocatorConfig::default()];
    for alignment in [64, 128, 4_096, 1 << 20] {
        for refill_target_bytes in [0, 1, 1_000, 32 << 10, 3 << 20] {
            for local_cache_target_bytes in [0, 1_000, 64 << 10, 50 << 20] {
                all.push(AllocatorConfig {
                    arena_size: 1 << 30,
                    alignment,
                    refill_target_bytes,
                    local_cache_target_bytes,
                });
            }
        }
    }
    all
}

/// SPEC 3: "`AllocatorConfig::default()`: arena 1 GiB, alignment 64, refill target 32 KiB, local cache target
/// 64 KiB."
#[test]
fn the_defaults_are_those_stated() {
    let config = AllocatorConfig::default();
    assert_eq!(config.arena_size, 1 << 30);
    assert_eq!(config.alignment, 64);
    assert_eq!(config.refill_target_bytes, 32 << 10);
    assert_eq!(config.local_cache_target_bytes, 64 << 10);
}

/// SPEC 3: "`AllocatorConfig::{class_block_size(SizeClass), …`": the class's block at the configuration's
/// alignment.
#[test]
fn class_block_size_is_the_block_size_at_the_alignment() {
    for config in configurations() {
        for class in SizeClass::ALL {
            let expected = class.block_size_for_alignment(config.alignment);
            assert_eq!(config.class_block_size(class), expected, "{class:?}");
        }
    }
}

/// SPEC 3: "`refill_count = max(1, refill_target / block)`".
#[test]
fn refill_count_follows_its_formula() {
    for config in configurations() {
        for class in SizeClass::ALL {
            let block = config.class_block_size(class);
            let expected = (config.refill_target_bytes / block).max(1);
            assert_eq!(config.refill_count(class), expected, "{config:?} {class:?}");
        }
    }
    assert_eq!(
        AllocatorConfig::default().refill_count(SizeClass::B64),
        256,
        "32 KiB of 128 bytes"
    );
}

/// SPEC 3: "`local_limit = max(2, local_target / block)`".
#[test]
fn local_limit_follows_its_formula() {
    for config in configurations() {
        for class in SizeClass::ALL {
            let block = config.class_block_size(class);
            let expected = (config.local_cache_target_bytes / block).max(2);
            assert_eq!(config.local_limit(class), expected, "{config:?} {class:?}");
        }
    }
    assert_eq!(
        AllocatorConfig::default().local_limit(SizeClass::B64),
        512,
        "64 KiB of 128 bytes"
    );
}

/// SPEC 3: "`drain_count = max(1, refill_count / 2)`".
#[test]
fn drain_count_follows_its_formula() {
    for config in configurations() {
        for class in SizeClass::ALL {
            let expected = (config.refill_count(class) / 2).max(1);
            assert_eq!(config.drain_count(class), expected, "{config:?} {class:?}");
        }
    }
    assert_eq!(AllocatorConfig::default().drain_count(SizeClass::B64), 128);
}

fn with_alignment(alignment: usize) -> Result<Allocator, InitError> {
    Allocator::new(AllocatorConfig {
        alignment,
        ..AllocatorConfig::default()
    })
}

/// SPEC 3: "Alignment must be […] at least 64 (`InvalidConfig("allocator alignment must be at least 64 bytes")`
/// for less)."
#[test]
fn an_alignment_below_64_is_refused_in_these_words() {
    for alignment in [0, 1, 2, 3, 8, 16, 32, 48, 63] {
        match with_alignment(alignment) {
            Err(InitError::InvalidConfig(reason)) => assert_eq!(
                reason, "allocator alignment must be at least 64 bytes",
                "{alignment}"
            ),
            other => panic!("{alignment}: {other:?}"),
        }
    }
}

/// SPEC 3: "Alignment must be a power of two".
#[test]
fn an_alignment_that_is_no_power_of_two_is_refused() {
    for alignment in [65, 96, 100, 192, 4_095, (1 << 20) + 64, usize::MAX] {
        let made = with_alignment(alignment);
        assert!(
            matches!(made, Err(InitError::InvalidConfig(_))),
            "{alignment}: {made:?}"
        );
    }
}

/// SPEC 3: "Alignment must be a power of two and at least 64": every such one that a page-sized world can
/// ask for is served.
#[test]
fn every_power_of_two_from_64_on_is_accepted() {
    for exponent in 6..=24 {
        let made = with_alignment(1 << exponent);
        assert!(made.is_ok(), "2^{exponent}: {made:?}");
    }
}

/// SPEC 3: "`Allocator::{config, …}`": what the allocator was made with, unchanged.
#[test]
fn an_allocator_tells_its_configuration() {
    for config in configurations() {
        let allocator = Allocator::new(config).expect("a legal configuration");
        assert_eq!(*allocator.config(), config);
    }
}

/// SPEC 3, `alignment`: every pointer handed out is a multiple of it, of each class and of large blocks.
#[test]
fn every_pointer_is_a_multiple_of_the_alignment() {
    for alignment in [64, 128, 4_096, 65_536, 1 << 20] {
        let heap = Heap::new(AllocatorConfig {
            alignment,
            ..AllocatorConfig::default()
        });
        let mut cache = heap.cache();
        for size in SizeClass::ALL.map(SizeClass::payload_size) {
            for block in heap.alloc_many(&mut cache, size, 3) {
                assert!(block.address().is_multiple_of(alignment), "{size}");
            }
        }
        for size in [(16 << 20) + 1, 20 << 20] {
            let block = heap.alloc(&mut cache, size);
            assert!(block.address().is_multiple_of(alignment), "{size}");
        }
    }
}
