//! What the gate counts: single-threaded, and the same each time.
//!
//! Some go through the global allocator, as a user's code does; the rest are those of [`crate::workloads`].

use std::hint::black_box;

use orthotope::{Allocator, AllocatorConfig, ThreadCache};

use super::PLAIN;
use crate::block::{Block, Heap, NATURAL};
use crate::random::{Random, Sizes};
use crate::workloads::{Group, Kind, Order, Workload};

/// What is done so many times.
pub(super) type Work = Box<dyn FnMut(u64)>;

/// Every workload, and how often it is done to be counted.
pub(super) const ALL: [(&str, u64); 16] = [
    ("loop_alone", 10_000),
    ("box_u64", 10_000),
    ("dynamic_loop_alone", 10_240),
    ("dynamic_1KiB", 10_240),
    ("pair_4KiB", 10_000),
    ("pair_70000B", 10_000),
    ("pair_20MiB", 1_000),
    ("zeroed_4KiB", 1_000),
    ("batch_lifo_100", 200),
    ("batch_lifo_10000", 10),
    ("batch_fifo_10000", 10),
    ("replacement_1000", 500),
    ("vec_push", 1_000),
    ("string_words", 100),
    ("boxed_list", 20),
    (INSTANCES, 20),
];

/// Our instances' own API, which no other allocator has.
const INSTANCES: &str = "instance_remote_free";

/// Whether the workload `name` is there for `allocator`.
pub(super) fn exists(name: &str, allocator: &str) -> bool {
    match allocator {
        "default" => true,
        PLAIN => ["loop_alone", "box_u64"].contains(&name),
        _ => name != INSTANCES,
    }
}

/// The workload `name` on `heap`, which is also the global allocator.
pub(super) fn prepare<A: Heap>(heap: &'static A, name: &str) -> Option<Work> {
    let pair = |size| -> Work { pattern(heap, Kind::Churn { size }) };
    let batch = |count, order| pattern(heap, Kind::Batch { count, order });
    Some(match name {
        "loop_alone" => Box::new(|times| {
            for step in 0..times {
                black_box(&raw const step);
            }
        }),
        "box_u64" => Box::new(move |times| box_u64(heap, times)),
        "dynamic_loop_alone" => Box::new(|times| {
            over_sizes(times, |size| {
                black_box(size);
            });
        }),
        "dynamic_1KiB" => Box::new(move |times| {
            over_sizes(times, |size| {
                Block::<A, NATURAL>::new(heap, size).free(heap)
            });
        }),
        "pair_4KiB" => pair(4_096),
        "pair_70000B" => pair(70_000),
        "pair_20MiB" => pair(20 << 20),
        "zeroed_4KiB" => pattern(heap, Kind::Zeroed { size: 4_096 }),
        "batch_lifo_100" => batch(100, Order::LastFirst),
        "batch_lifo_10000" => batch(10_000, Order::LastFirst),
        "batch_fifo_10000" => batch(10_000, Order::FirstFirst),
        "replacement_1000" => {
            let (live, size) = (1_000, None);
            pattern(heap, Kind::Replacement { live, size })
        }
        "vec_push" => Box::new(move |times| vec_push(heap, times)),
        "string_words" => Box::new(move |times| string_words(heap, times)),
        "boxed_list" => Box::new(move |times| boxed_list(heap, times)),
        INSTANCES => instance_remote_free(),
        _ => return None,
    })
}

/// A workload of the comparison; the clock that it reads is read once, however often it is done.
fn pattern<A: Heap>(heap: &'static A, kind: Kind) -> Work {
    let workload = Workload {
        name: String::new(),
        group: Group::Batches,
        kind,
        footprint: 0,
        quick: true,
    };
    let mut runner = workload.prepare(heap);
    Box::new(move |times| {
        runner.pass(times);
    })
}

/// Calls `each` with sizes of the spread, 1,024 over and over.
#[inline(always)]
fn over_sizes(times: u64, mut each: impl FnMut(usize)) {
    let mut random = Random::new(1);
    let spread = Sizes::spread();
    let sizes: Vec<usize> = (0..1_024).map(|_| spread.pick(&mut random)).collect();
    for _ in 0..times / 1_024 {
        for &size in &sizes {
            each(size);
        }
    }
}

// The following take the allocator only to be generic, and so compiled in the crate of the static.

fn box_u64<A: Heap>(_: &A, times: u64) {
    for step in 0..times {
        drop(black_box(Box::new(step)));
    }
}

/// A vector of a hundred numbers that grows by one at a time: an allocation and five reallocations.
fn vec_push<A: Heap>(_: &A, times: u64) {
    for _ in 0..times {
        let mut numbers = Vec::new();
        for number in 0..100_u64 {
            numbers.push(black_box(number));
        }
        black_box(&numbers);
    }
}

/// A hundred short strings, joined.
fn string_words<A: Heap>(_: &A, times: u64) {
    for _ in 0..times {
        let words: Vec<String> = (0..100_u32).map(|word| format!("word {word}")).collect();
        let mut text = String::new();
        for word in &words {
            text.push_str(word);
        }
        black_box(&text);
    }
}

/// A thousand boxes of 48 bytes that live together and go together.
fn boxed_list<A: Heap>(_: &A, times: u64) {
    for _ in 0..times {
        let boxes: Vec<Box<[u64; 6]>> = (0..1_000).map(|step| Box::new([step; 6])).collect();
        black_box(&boxes);
    }
}

/// A thousand blocks allocated through one cache and freed through another.
fn instance_remote_free() -> Work {
    let config = AllocatorConfig {
        arena_size: 64 << 20,
        ..AllocatorConfig::default()
    };
    let allocator = Allocator::new(config).expect("64 MiB can be reserved");
    let mut near = ThreadCache::new(config);
    let mut far = ThreadCache::new(config);
    Box::new(move |times| {
        for _ in 0..times {
            let blocks: Vec<_> = (0..1_000)
                .map(|_| allocator.allocate_with_cache(&mut near, 256))
                .collect();
            for block in blocks {
                let block = block.expect("64 MiB hold a thousand blocks");
                // SAFETY: the block is live, of this allocator, and not used afterwards.
                unsafe { allocator.deallocate_with_cache(&mut far, block) }
                    .expect("the block is live");
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{ALL, PLAIN, exists, prepare};
    use std::alloc::System;

    #[test]
    fn every_workload_runs() {
        for (name, times) in ALL {
            let mut work = prepare(&System, name).expect("it is in the list");
            // Sizes of the spread are asked for 1,024 at a time.
            work(times.min(1_024));
        }
        assert!(prepare(&System, "bxo").is_none());
    }

    #[test]
    fn instances_are_ours_alone() {
        assert!(exists("instance_remote_free", "default"));
        assert!(!exists("instance_remote_free", "mimalloc"));
        assert!(exists("box_u64", "mimalloc"));
    }

    #[test]
    fn plain_release_is_for_boxes() {
        let there: Vec<&str> = ALL.into_iter().map(|(name, _)| name).collect();
        let there = there.into_iter().filter(|name| exists(name, PLAIN));
        assert_eq!(there.collect::<Vec<_>>(), ["loop_alone", "box_u64"]);
    }
}
