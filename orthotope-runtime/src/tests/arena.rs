//! The arena alone: random spans, validated after every step.

use core::ptr::NonNull;
use std::io;

use super::double::Double;
use super::rng::Rng;
use crate::arena::{Arena, ArenaParams, GRANULE, Ground, HUGE_PAGE, Lane, Span};
use crate::config::HugePages;

/// An arena by itself, outside of its own records.
pub(super) fn new_arena(
    os: &'static Double,
    params: ArenaParams,
    degrade: bool,
) -> io::Result<Box<Arena>> {
    let ground = Ground::reserve(os, params, degrade)?;
    let mut arena = Box::<Arena>::new_uninit();
    let place = NonNull::from(arena.as_mut()).cast();
    // SAFETY: the box is ours.
    unsafe { ground.settle(place) };
    // SAFETY: it was just settled.
    Ok(unsafe { arena.assume_init() })
}

fn params(lazy: bool) -> ArenaParams {
    ArenaParams {
        budget: 64 << 20,
        slack: 4 << 20,
        spread: 0,
        align: 64,
        lazy,
        split: if lazy { 8 } else { 1 },
        purge_unit: 1,
        eager: false,
        huge: HugePages::System,
        guarded: false,
    }
}

enum Held {
    Slab(NonNull<Span>),
    Large(usize),
}

fn random_spans(lazy: bool, seed: u64) {
    let os = Double::leaked();
    let arena = new_arena(os, params(lazy), false).expect("the double refuses nothing");
    let mut rng = Rng::new(seed);
    let mut held = Vec::new();
    let lanes = [arena.take_lane(), arena.take_lane()];
    for _ in 0..2_000 {
        if rng.below(4) == 0 {
            park_or_retake(&arena, lanes[rng.below(2)], &mut rng, &mut held);
        } else if rng.below(5) == 0 && !held.is_empty() {
            if let Held::Large(address) = held[rng.below(held.len())] {
                resize(&arena, address, 1 + rng.below(90));
            }
        } else if rng.below(5) < 2 && !held.is_empty() {
            match held.swap_remove(rng.below(held.len())) {
                // SAFETY: the span came from `take_slab`, and nothing uses it.
                Held::Slab(span) => unsafe { arena.give_unused_slab(span) },
                Held::Large(address) => arena
                    .give_large(address, |requested| requested, |_| Ok(()), || "absent")
                    .expect("the block is live"),
            }
        } else if rng.below(2) == 0 {
            let granules = 1 + rng.below(20);
            if let Some((span, granted)) = arena.take_slab(0, granules, GRANULE, granules) {
                assert!((1..=granules).contains(&granted));
                held.push(Held::Slab(span));
            }
        } else {
            let granules = 1 + rng.below(60);
            if let Some(taken) = arena.take_large(granules, granules * GRANULE) {
                // SAFETY: records are type-stable.
                let record = unsafe { taken.span.as_ref() };
                let first = arena.pointer(taken.span, 0);
                record.describe_large(granules * GRANULE, first);
                assert!(record.granules() >= granules);
                if taken.clean {
                    // SAFETY: the span is committed and ours.
                    assert_eq!(unsafe { first.read() }, 0, "zero memory reads as zero");
                }
                // SAFETY: as above.
                unsafe { first.write_bytes(0xa5, record.bytes()) };
                held.push(Held::Large(first.addr()));
            }
        }
        arena.validate();
    }
    for one in held {
        match one {
            // SAFETY: the span came from `take_slab`, and nothing uses it.
            Held::Slab(span) => unsafe { arena.give_unused_slab(span) },
            Held::Large(address) => arena
                .give_large(address, |requested| requested, |_| Ok(()), || "absent")
                .expect("the block is live"),
        }
        arena.validate();
    }
    // Everything is free: after putting it together, one span takes the whole budget.
    let whole = (64 << 20) / GRANULE;
    assert!(
        arena.take_large(whole, 64 << 20).is_some(),
        "free spans coalesce"
    );
    arena.validate();
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
    assert_eq!(
        os.mapped.load(core::sync::atomic::Ordering::Relaxed),
        0,
        "everything is unmapped"
    );
}

/// Resizes the large block at `address` in place, if that is possible, and writes to all of it.
fn resize(arena: &Arena, address: usize, granules: usize) {
    let span = arena.span_at(address).expect("the block is live");
    // SAFETY: records are type-stable.
    let record = unsafe { span.as_ref() };
    let (held, bytes) = (record.granules(), granules * GRANULE);
    if arena.resize_large(span, granules, bytes, bytes, record.requested()) {
        assert!(record.granules() >= granules);
        assert_eq!((record.start(), record.requested()), (address, bytes));
        for granule in 0..record.granules() {
            assert_eq!(arena.span_at(address + granule * GRANULE), Some(span));
        }
        // SAFETY: the span is committed and ours.
        unsafe { record.first().write_bytes(0xa5, record.bytes()) };
    } else {
        assert_eq!(record.granules(), held, "a refusal changes nothing");
    }
}

#[test]
fn a_large_block_grows_into_what_is_free_behind_it_and_gives_it_back() {
    let arena =
        new_arena(Double::leaked(), params(false), false).expect("the double refuses nothing");
    let take = |granules: usize| {
        let span = arena
            .take_large(granules, granules * GRANULE)
            .expect("there is room")
            .span;
        // SAFETY: records are type-stable.
        unsafe { span.as_ref() }.describe_large(granules * GRANULE, arena.pointer(span, 0));
        span
    };
    let resize = |span: NonNull<Span>, granules: usize| {
        // SAFETY: records are type-stable.
        let was = unsafe { span.as_ref() }.requested();
        let bytes = granules * GRANULE;
        let resized = arena.resize_large(span, granules, bytes, bytes, was);
        arena.validate();
        resized
    };
    let give = |span: NonNull<Span>| {
        // SAFETY: records are type-stable.
        let address = unsafe { span.as_ref() }.start();
        let freed = arena.give_large(address, |requested| requested, |_| Ok(()), || "absent");
        assert_eq!(freed, Ok(()));
        arena.validate();
    };
    let (first, second, third) = (take(10), take(10), take(10));
    assert!(!resize(first, 11), "its neighbour is live");
    assert!(resize(third, 40), "the untouched end is behind it");
    give(second);
    assert!(resize(first, 15), "its neighbour is free");
    assert!(!resize(first, 21), "there are ten granules behind it");
    assert!(resize(first, 20));
    assert!(resize(first, 5));
    // SAFETY: records are type-stable.
    let start = unsafe { first.as_ref() }.start();
    let tail = arena.take_large(15, GRANULE).expect("the tail is free");
    // SAFETY: records are type-stable.
    let behind = unsafe { tail.span.as_ref() }.start();
    assert_eq!((behind, tail.clean), (start + 5 * GRANULE, false));
    assert!(
        !resize(third, (64 << 20) / GRANULE),
        "the budget does not allow for it"
    );
    assert_eq!(arena.counts().live_large_bytes, 46 * GRANULE);
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
}

/// Frees a large block into the lane, or takes one of a size that may be there.
fn park_or_retake(arena: &Arena, lane: Lane, rng: &mut Rng, held: &mut Vec<Held>) {
    let large = held.iter().position(|one| matches!(one, Held::Large(_)));
    match large {
        Some(index) if rng.below(2) == 0 => {
            let Held::Large(address) = held[index] else {
                unreachable!("it was just seen");
            };
            let span = arena.span_at(address).expect("the block is live");
            // SAFETY: records are type-stable.
            let bytes = unsafe { span.as_ref() }.requested();
            if arena.has_place(lane, span, bytes) {
                assert!(arena.park(span), "the block was live");
                held.swap_remove(index);
            }
        }
        _ => {
            let granules = 1 + rng.below(60);
            if let Some(span) = arena.retake(lane, granules, granules * GRANULE) {
                // SAFETY: records are type-stable.
                held.push(Held::Large(unsafe { span.as_ref() }.first().addr()));
            }
        }
    }
}

#[test]
fn random_spans_keep_the_invariants_when_coalescing_at_once() {
    random_spans(false, 1);
    random_spans(false, 2);
}

#[test]
fn random_spans_keep_the_invariants_when_coalescing_lazily() {
    random_spans(true, 3);
    random_spans(true, 4);
}

#[test]
fn a_free_span_joins_the_untouched_end() {
    for lazy in [false, true] {
        let arena =
            new_arena(Double::leaked(), params(lazy), false).expect("the double refuses nothing");
        let third = 300;
        let held: Vec<_> = (0..3)
            .map(|_| {
                arena
                    .take_large(third, third * GRANULE)
                    .expect("there is room")
            })
            .collect();
        for taken in held {
            // SAFETY: records are type-stable.
            let record = unsafe { taken.span.as_ref() };
            record.describe_large(third * GRANULE, arena.pointer(taken.span, 0));
            let freed = arena.give_large(
                record.first().addr(),
                |requested| requested,
                |_| Ok(()),
                || "absent",
            );
            assert_eq!(freed, Ok(()));
        }
        let most = (64 << 20) / GRANULE;
        let taken = arena
            .take_large(most, 64 << 20)
            .expect("an empty arena serves its whole budget");
        assert!(!taken.clean, "part of it was used before");
        arena.validate();
        // SAFETY: nothing of the arena is used again.
        unsafe { arena.unmap() };
    }
}

#[test]
fn growth_adds_regions_that_are_found_by_address() {
    let arena =
        new_arena(Double::leaked(), params(false), false).expect("the double refuses nothing");
    let whole = (64 << 20) / GRANULE;
    let first = arena
        .take_large(whole, 64 << 20)
        .expect("the arena is empty");
    assert!(
        arena.take_large(1, GRANULE).is_none(),
        "the budget is spent"
    );
    assert!(arena.grow(1, GRANULE));
    let second = arena
        .take_large(1, GRANULE)
        .expect("the new region has room");
    for span in [first.span, second.span] {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        assert_eq!(arena.span_at(record.start()), Some(span));
        assert_eq!(
            arena.span_at(record.start() + record.bytes() - 1),
            Some(span)
        );
    }
    assert_eq!(arena.counts().regions, 2);
    arena.validate();
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
}

#[test]
fn a_refused_reservation_is_retried_smaller_where_that_is_asked_for() {
    let os = Double::leaked();
    os.largest
        .store(16 << 20, core::sync::atomic::Ordering::Relaxed);
    assert!(new_arena(os, params(false), false).is_err());
    let arena = new_arena(os, params(false), true).expect("a smaller one is granted");
    assert_eq!(
        arena.counts().capacity,
        8 << 20,
        "halved until it fits with its slack"
    );
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
}

#[test]
fn a_block_that_fits_at_its_alignment_alone_is_served_there() {
    let os = Double::leaked();
    let huge = HugePages::Large;
    let params = ArenaParams {
        huge,
        ..params(false)
    };
    let arena = new_arena(os, params, false).expect("the double refuses nothing");
    // Every granule that there is.
    let mut spans = Vec::new();
    while let Some(taken) = arena.take_large(1, 64) {
        // SAFETY: records are type-stable.
        let record = unsafe { taken.span.as_ref() };
        record.describe_large(64, arena.pointer(taken.span, 0));
        spans.push(record.start());
    }
    spans.sort_unstable();
    let first = spans
        .iter()
        .position(|start| start % HUGE_PAGE == 2 * GRANULE)
        .expect("there are hundreds");
    for &start in &spans[first..first + 34] {
        arena
            .give_large(start, |requested| requested, |_| Ok(()), || "absent")
            .expect("the block is live");
    }
    assert!(arena.take_large_aligned(32, 64, HUGE_PAGE).is_none());
    let taken = arena.take_large_aligned(32, 64, 2 * GRANULE);
    let taken = taken.expect("34 granules lie free");
    // SAFETY: records are type-stable.
    assert_eq!(unsafe { taken.span.as_ref() }.start(), spans[first]);
    arena.validate();
    // SAFETY: nothing of the arena is used again.
    unsafe { arena.unmap() };
}
