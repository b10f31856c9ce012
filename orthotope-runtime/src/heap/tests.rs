//! A heap by itself: what it holds, and what interrupts it.

use core::ptr;

use super::{FORGOTTEN, Heap, Sampler};

/// Addresses that no block has.
fn block(number: usize) -> *mut u8 {
    ptr::without_provenance_mut((number + 1) * 4_096 + 64)
}

/// One of its own for each test: a heap is too long for a stack.
macro_rules! heap {
    () => {{
        static HEAP: Heap = Heap::new();
        &HEAP
    }};
}

fn live(heap: &Heap) -> (f64, f64) {
    let snapshot = heap.snapshot();
    snapshot
        .stacks()
        .iter()
        .fold((0.0, 0.0), |(blocks, bytes), stack| {
            (blocks + stack.live_blocks, bytes + stack.live_bytes)
        })
}

#[test]
fn a_block_is_held_from_its_record_to_its_free() {
    let heap: &'static Heap = heap!();
    assert!(!heap.may_hold(block(0).addr()));
    assert!(heap.take(block(0).addr()).is_none());
    assert_eq!(live(heap), (0.0, 0.0));
    heap.record(block(0), 1_000, 1);
    heap.record(block(1), 2_000, 1);
    assert!(heap.may_hold(block(0).addr()));
    assert_eq!(live(heap), (2.0, 3_000.0));
    let sample = heap.take(block(0).addr()).expect("it is held");
    assert!(!heap.may_hold(block(0).addr()));
    assert!(heap.take(block(0).addr()).is_none());
    assert_eq!(live(heap), (1.0, 2_000.0));
    heap.restore(sample);
    assert_eq!(live(heap), (2.0, 3_000.0));
    let stacks = heap.snapshot();
    let stacks = stacks.stacks();
    assert!(stacks.iter().all(|stack| stack.frames.len() > 1));
    assert_eq!(stacks.iter().map(|stack| stack.blocks).sum::<f64>(), 2.0);
}

#[test]
fn an_address_that_is_handed_out_again_is_held_once() {
    let heap: &'static Heap = heap!();
    heap.record(block(0), 1_000, 1);
    heap.record(block(0), 3_000, 1);
    assert_eq!(live(heap), (1.0, 3_000.0));
    heap.take(block(0).addr());
    assert_eq!(live(heap), (0.0, 0.0));
    assert!(!heap.may_hold(block(0).addr()));
}

#[test]
fn what_an_interrupted_thread_frees_is_removed_by_the_next() {
    let heap: &'static Heap = heap!();
    for number in 0..FORGOTTEN + 2 {
        heap.record(block(number), 1_000, 1);
    }
    {
        // As a handler of a signal finds it that came in the middle.
        let _held = heap.lock.lock();
        for number in 0..FORGOTTEN + 2 {
            assert!(heap.take(block(number).addr()).is_none());
        }
        heap.record(block(99), 1_000, 1);
    }
    assert_eq!(live(heap), (2.0, 2_000.0), "two found no place");
    assert!(!heap.may_hold(block(0).addr()));
    assert!(!heap.may_hold(block(99).addr()));
}

#[test]
fn a_request_in_the_middle_of_a_sample_is_none() {
    let heap: &'static Heap = heap!();
    heap.set_interval(1);
    let sampler = Sampler::new();
    let mut started = 0;
    assert!(sampler.count(1_000));
    let picked = sampler.pick(heap, 1_000, || {
        started += 1;
        assert!(sampler.count(1_000));
        assert!(sampler.pick(heap, 1_000, || unreachable!()).is_none());
    });
    assert_eq!((picked, started), (Some(1), 1));
    sampler.inside(|| {
        heap.record(block(0), 1_000, 1);
        assert!(sampler.pick(heap, 1_000, || ()).is_none());
        heap.take(block(0).addr());
    });
    assert_eq!(live(heap), (0.0, 0.0));
}
