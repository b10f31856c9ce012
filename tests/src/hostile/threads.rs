//! A process that can make no thread: memory goes back all the same, by whoever comes by.

use std::hint::black_box;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Subjects;
use crate::hoard::Hoard;
use crate::memory;
use crate::random::Random;
use crate::tasks;

/// Bytes that are freed.
const BYTES: usize = 32 << 20;

/// Without a background thread the slow path does its work; once a thread can be made there is one.
pub(super) fn cannot_be_made(subjects: Subjects) {
    subjects.no_threads.store(true, Ordering::Relaxed);
    let mut hoard = Hoard::with_touched_room(subjects.global.allocator, 64 << 10);
    assert!(
        hoard.fill(&mut Random::new(1), BYTES, 8 << 10),
        "there is memory"
    );
    let refused = std::thread::Builder::new().spawn(|| ());
    assert!(refused.is_err(), "no thread can be made");
    let full = memory::rollup().anonymous;
    let mut position = 0;
    hoard.keep_if(|| {
        position += 1;
        position % 64 == 0 && position < 2048
    });
    let goes_back = |what: &str| {
        let fell = memory::wait_until(Duration::from_secs(10), || {
            // Beyond every class, so that it passes through the slow path.
            drop(black_box(Vec::<u8>::with_capacity(17 << 20)));
            memory::rollup().anonymous < full - BYTES / 4 * 3
        });
        assert!(
            fell,
            "{what}: {} bytes of {full}",
            memory::rollup().anonymous
        );
    };
    goes_back("without a background thread");
    hoard.verify();
    assert!(
        tasks::background().is_none(),
        "there is a background thread"
    );
    subjects.no_threads.store(false, Ordering::Relaxed);
    assert!(
        hoard.fill(&mut Random::new(2), BYTES, 8 << 10),
        "there is memory"
    );
    hoard.keep_if(|| false);
    goes_back("with a background thread");
    assert!(
        memory::wait_until(Duration::from_secs(10), || {
            drop(black_box(vec![1_u8; 17 << 20]));
            tasks::background().is_some()
        }),
        "there is no background thread though a thread can be made"
    );
}
