//! Memory that is gone when a call returns.

use super::{Before, NOISE, assert_agrees};
use crate::hoard::Hoard;
use crate::memory;
use crate::random::Random;
use crate::subject::Subject;
use std::time::Duration;

const BYTES: usize = 64 << 20;

/// With `purge = "eager"`, a large block's memory is gone when it was freed.
pub(super) fn eager(subject: Subject) {
    let before = Before::now();
    for turn in 0..5 {
        let mut hoard = Hoard::with_room(subject.allocator, 2);
        assert!(hoard.add(BYTES) && hoard.add(BYTES / 2), "there is memory");
        let full = before.more();
        assert!(full >= BYTES, "{full} bytes resident of {BYTES}");
        drop(hoard);
        let left = before.more();
        println!("turn {turn}: {full} bytes resident, then {left}");
        assert!(
            left <= 2 * NOISE,
            "{left} bytes resident after the last free"
        );
    }
    assert_agrees(subject, before, "after the frees");
}

/// What small blocks lay on follows soon, without a call.
pub(super) fn eager_small(subject: Subject) {
    let mut hoard = Hoard::with_touched_room(subject.allocator, BYTES / 1024);
    let before = Before::now();
    assert!(
        hoard.fill(&mut Random::new(7), BYTES, 8 << 10),
        "there is memory"
    );
    hoard.keep_if(|| false);
    (subject.flush_thread)();
    let metadata = (subject.stats)().metadata;
    let gone = memory::wait_until(Duration::from_secs(3), || {
        before.more() <= metadata + 2 * NOISE
    });
    assert!(
        gone,
        "{} bytes resident, {metadata} of metadata",
        before.more()
    );
    assert_agrees(subject, before, "after the frees");
}

/// `purge_now` gives everything back, also under `purge = "never"`.
pub(super) fn purge_now(subject: Subject) {
    let mut hoard = Hoard::with_touched_room(subject.allocator, BYTES / 1024);
    let before = Before::now();
    for turn in 0..3 {
        assert!(
            hoard.fill(&mut Random::new(turn), BYTES, 8 << 10),
            "there is memory"
        );
        assert!(hoard.add(20 << 20), "there is memory");
        let full = before.more();
        hoard.keep_if(|| false);
        (subject.purge_now)();
        let left = before.more();
        let stats = (subject.stats)();
        println!("turn {turn}: {full} bytes resident, then {left}");
        assert!(full >= BYTES, "{full} bytes resident of {BYTES}");
        assert!(
            left <= stats.metadata + 2 * NOISE,
            "{left} bytes resident, {} of metadata",
            stats.metadata
        );
        assert_eq!(stats.allocated, 0, "{stats}");
        assert!(
            stats.resident <= stats.metadata + NOISE,
            "all is given back:\n{stats}"
        );
        assert_agrees(subject, before, "after the purge");
    }
}

/// `flush_thread` leaves nothing in the thread's cache, and the cache goes on working.
pub(super) fn flush_thread(subject: Subject) {
    for turn in 0..3 {
        let mut hoard = Hoard::with_room(subject.allocator, 4096);
        assert!(
            hoard.fill(&mut Random::new(turn), 1 << 20, 64 << 10),
            "there is memory"
        );
        let live = hoard.blocks() / 2;
        hoard.thin_out();
        let cached = |stats: &orthotope::Stats| -> usize {
            stats.classes.iter().map(|class| class.cached).sum()
        };
        assert!(
            cached(&(subject.stats)()) > 0,
            "freed blocks wait in the cache"
        );
        (subject.flush_thread)();
        let stats = (subject.stats)();
        assert_eq!(cached(&stats), 0, "{stats}");
        assert!(
            stats.classes.iter().map(|class| class.live).sum::<usize>() >= live,
            "what is live is so still:\n{stats}"
        );
        hoard.verify();
    }
}
