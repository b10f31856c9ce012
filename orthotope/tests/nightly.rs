//! The standard library's allocator trait, for a type that is not the program's allocator.

#![feature(allocator_api, btreemap_alloc)]

use std::collections::BTreeMap;
use std::rc::Rc;

#[orthotope::allocator(preset = "general", arena = "256MiB")]
static DENSE: DenseAlloc;

#[orthotope::allocator(arena = "256MiB")]
static TENSORS: TensorAlloc;

/// Blocks in the program's hands.
fn live(stats: &orthotope::Stats) -> usize {
    stats.large_live + stats.classes.iter().map(|class| class.live).sum::<usize>()
}

#[test]
fn standard_collections_live_in_an_arena_of_their_own() {
    let mut tensor = Vec::new_in(TENSORS);
    tensor.resize(1000, 1.0_f32);
    assert!(tensor.as_ptr().addr().is_multiple_of(64));
    assert_eq!(live(&TensorAlloc::stats()), 1);
    // Through the classes into large blocks, and back.
    tensor.resize(10_000_000, 2.0);
    assert_eq!(TensorAlloc::stats().large_live, 1);
    tensor.truncate(500);
    tensor.shrink_to_fit();
    assert_eq!(tensor.iter().sum::<f32>(), 500.0);
    assert_eq!(TensorAlloc::stats().large_live, 0);
    drop(tensor);
    assert_eq!(live(&TensorAlloc::stats()), 0);

    let empty: Box<(), _> = Box::new_in((), DENSE);
    let text = Rc::new_in(String::from("a text"), DENSE);
    let mut map = BTreeMap::new_in(DENSE);
    map.extend((0..1000_u64).map(|number| (number, number * number)));
    assert_eq!((map[&31], text.len()), (961, 6));
    assert!(live(&DenseAlloc::stats()) > 100);
    drop((empty, text, map));
    assert_eq!(live(&DenseAlloc::stats()), 0);
}
