//! `tracking-allocator` round a generated type: it tells a tracker of each block, by group.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use orthotope_tests::live::of_class;
use tracking_allocator::{
    AllocationGroupId, AllocationGroupToken, AllocationRegistry, AllocationTracker, Allocator,
};

#[orthotope::allocator(preset = "general", arena = "4GiB")]
static SERVED: ServedAlloc;

#[global_allocator]
static GLOBAL: Allocator<ServedAlloc> = Allocator::from_allocator(ServedAlloc::new());

/// Bytes of a block, and blocks; the test's own threads ask for nothing like it.
const SIZE: usize = 3000;
const BLOCKS: usize = 1000;

/// What was tracked in groups but the root.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static OBJECT_BYTES: AtomicUsize = AtomicUsize::new(0);
static WRAPPED_BYTES: AtomicUsize = AtomicUsize::new(0);
static FREED: AtomicUsize = AtomicUsize::new(0);

struct Tracker;

impl AllocationTracker for Tracker {
    fn allocated(&self, _: usize, object: usize, wrapped: usize, group: AllocationGroupId) {
        if group != AllocationGroupId::ROOT {
            ALLOCATED.fetch_add(1, Relaxed);
            OBJECT_BYTES.fetch_add(object, Relaxed);
            WRAPPED_BYTES.fetch_add(wrapped, Relaxed);
        }
    }

    fn deallocated(
        &self,
        _: usize,
        _: usize,
        _: usize,
        source: AllocationGroupId,
        _: AllocationGroupId,
    ) {
        if source != AllocationGroupId::ROOT {
            FREED.fetch_add(1, Relaxed);
        }
    }
}

/// Live blocks of the class that serves `SIZE` and the word before it.
fn live() -> usize {
    of_class(&ServedAlloc::stats(), SIZE + 8)
}

#[test]
fn a_group_is_told_of_what_the_generated_type_serves() {
    AllocationRegistry::set_global_tracker(Tracker).expect("it is the first");
    AllocationRegistry::enable_tracking();
    let mut group = AllocationGroupToken::register().expect("there is a number left");
    let before = live();
    let mut blocks: Vec<Box<[u8; SIZE]>> = Vec::with_capacity(BLOCKS);
    let guard = group.enter();
    for _ in 0..BLOCKS {
        blocks.push(Box::new([1; SIZE]));
    }
    drop(guard);
    // Nobody else is in the group.
    assert_eq!(ALLOCATED.load(Relaxed), BLOCKS);
    assert_eq!(OBJECT_BYTES.load(Relaxed), BLOCKS * SIZE);
    assert!(WRAPPED_BYTES.load(Relaxed) >= BLOCKS * (SIZE + 8));
    let served = live() - before;
    assert!((BLOCKS..BLOCKS + 8).contains(&served), "{served}");

    drop(blocks);
    assert_eq!(FREED.load(Relaxed), BLOCKS);
    assert!(live() < before + 8);
    AllocationRegistry::disable_tracking();
}
