//! More than the arena's capacity through a static with a small `arena`: nothing is lost either way.

use std::alloc::GlobalAlloc;

use orthotope_tests::binary;
use orthotope_tests::hoard::Hoard;
use orthotope_tests::random::Random;

const CAPACITY: usize = 64 << 20;

/// Room to note more blocks than any test here makes.
const ROOM: usize = 1 << 16;

/// Four times the capacity in small and large blocks, half of it freed and taken again, all intact.
fn keeps_going(allocator: &(dyn GlobalAlloc + Sync)) {
    let mut random = Random::new(4);
    let mut hoard = Hoard::with_room(allocator, ROOM);
    assert!(
        hoard.fill(&mut random, 4 * CAPACITY, 3 << 20),
        "refused after {} bytes",
        hoard.bytes()
    );
    hoard.verify();
    hoard.thin_out();
    hoard.verify();
    assert!(
        hoard.fill(&mut random, 4 * CAPACITY, 3 << 20),
        "refused after {} bytes",
        hoard.bytes()
    );
    // One block longer than the arena itself.
    assert!(
        hoard.add(CAPACITY + 1),
        "a block longer than the arena was refused"
    );
    hoard.verify();
    drop(hoard);
    let mut again = Hoard::with_room(allocator, ROOM);
    assert!(
        again.fill(&mut random, 4 * CAPACITY, 3 << 20),
        "refused after {} bytes",
        again.bytes()
    );
    again.verify();
}

/// Refused near the capacity, with everything intact; the same amount fits again once all is freed.
fn refuses_and_recovers(allocator: &(dyn GlobalAlloc + Sync), size: usize) {
    let mut first = Hoard::with_room(allocator, ROOM);
    while first.add(size) {
        assert!(
            first.bytes() <= CAPACITY,
            "{} bytes out of {CAPACITY}",
            first.bytes()
        );
    }
    assert!(
        first.bytes() > CAPACITY / 2,
        "refused after {} bytes of {CAPACITY}",
        first.bytes()
    );
    assert!(!first.add(4 * CAPACITY), "four times the arena fits");
    first.verify();
    let blocks = first.blocks();
    first.thin_out();
    first.verify();
    while first.blocks() < blocks {
        assert!(
            first.add(size),
            "{} of {blocks} blocks of {size} bytes fit again",
            first.blocks()
        );
    }
    first.verify();
    drop(first);
    let mut again = Hoard::with_room(allocator, ROOM);
    while again.blocks() < blocks {
        assert!(
            again.add(size),
            "{} of {blocks} blocks of {size} bytes fit again",
            again.blocks()
        );
    }
    again.verify();
}

/// Fills the arena with blocks of one size after another; in a second pass each must find as much room.
fn gives_way_to_other_sizes(allocator: &(dyn GlobalAlloc + Sync)) {
    const SIZES: [usize; 5] = [60_000, 100, 1_000_000, 4000, 1_500_000];
    let pass = || {
        SIZES.map(|size| {
            let mut hoard = Hoard::with_room(allocator, CAPACITY / size);
            while hoard.add(size) {}
            hoard.verify();
            hoard.blocks()
        })
    };
    let first = pass();
    assert!(first.iter().all(|&blocks| blocks > 0), "{first:?} blocks");
    let second = pass();
    assert_eq!(first, second, "blocks of {SIZES:?} bytes, in two passes");
}

#[test]
fn grow_keeps_going_with_headers() {
    #[orthotope::allocator(arena = "64MiB", exhausted = "grow", classes = [64, 256, 4096, "64KiB", "1MiB"])]
    static GROWING: Growing;
    keeps_going(&GROWING);
}

#[test]
fn grow_keeps_going_without_headers() {
    #[orthotope::allocator(preset = "general", arena = "64MiB", exhausted = "grow")]
    static GROWING: Growing;
    keeps_going(&GROWING);
}

#[test]
fn null_refuses_small_blocks_and_recovers_with_headers() {
    #[orthotope::allocator(arena = "64MiB", exhausted = "null", classes = [64, 256, 4096, "64KiB", "1MiB"])]
    static BOUNDED: Bounded;
    refuses_and_recovers(&BOUNDED, 4000);
}

#[test]
fn null_refuses_large_blocks_and_recovers_with_headers() {
    #[orthotope::allocator(arena = "64MiB", exhausted = "null", classes = [64, 256, 4096, "64KiB", "1MiB"])]
    static BOUNDED: Bounded;
    refuses_and_recovers(&BOUNDED, 1_500_000);
}

#[test]
fn null_refuses_small_blocks_and_recovers_without_headers() {
    #[orthotope::allocator(preset = "general", arena = "64MiB", exhausted = "null")]
    static BOUNDED: Bounded;
    refuses_and_recovers(&BOUNDED, 4000);
}

#[test]
fn null_refuses_large_blocks_and_recovers_without_headers() {
    #[orthotope::allocator(preset = "general", arena = "64MiB", exhausted = "null")]
    static BOUNDED: Bounded;
    refuses_and_recovers(&BOUNDED, 1_500_000);
}

#[test]
fn what_one_size_freed_serves_the_others_with_headers() {
    #[orthotope::allocator(arena = "16MiB", exhausted = "null", classes = [256, 8192, "64KiB", "1MiB"])]
    static BOUNDED: Bounded;
    gives_way_to_other_sizes(&BOUNDED);
}

#[test]
fn what_one_size_freed_serves_the_others_without_headers() {
    #[orthotope::allocator(preset = "general", arena = "16MiB", exhausted = "null")]
    static BOUNDED: Bounded;
    gives_way_to_other_sizes(&BOUNDED);
}

#[test]
fn a_program_grows_far_past_its_arena() {
    for executable in [
        env!("CARGO_BIN_EXE_exhausted-grow"),
        env!("CARGO_BIN_EXE_exhausted-grow-general"),
    ] {
        let ended = binary::run(executable, &[]).success();
        assert!(ended.stdout.contains("12 times the arena"), "{ended}");
    }
}

#[test]
fn try_reserve_returns_an_error_and_nothing_is_lost() {
    for executable in [
        env!("CARGO_BIN_EXE_exhausted-null"),
        env!("CARGO_BIN_EXE_exhausted-null-general"),
    ] {
        let ended = binary::run(executable, &[]).success();
        assert!(
            ended.stdout.contains("refused and freed 14 MiB, 10 times"),
            "{ended}"
        );
    }
}
