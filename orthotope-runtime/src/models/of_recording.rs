//! Models of the recorder: its start, the slots that threads count in, the peak.

use loom::cell::UnsafeCell;
use loom::thread;

use super::check;
use super::once::Once;
use super::recording::Recording;
use super::slot::{Event, Slot};

/// Bytes of one block, the only size that a model has a bin for.
const SIZE: usize = 8;

/// A recording, which no model ends with.
fn begin() -> &'static Recording {
    let recording: &'static Recording = Box::leak(Box::new(Recording::new()));
    recording.begin();
    recording
}

fn alloc(slot: &Slot) {
    slot.count(Event::allocation(SIZE, 8));
}

fn free(slot: &Slot) {
    slot.count(Event::free(SIZE));
}

/// Blocks handed out, and those of them that are live.
fn counted(recording: &Recording) -> (u64, u64) {
    recording.bins().fold((0, 0), |(allocations, live), bin| {
        (allocations + bin.allocations, live + bin.live)
    })
}

/// What loom sees every access to.
struct Seen(UnsafeCell<usize>);

// SAFETY: loom finds accesses that are not ordered.
unsafe impl Sync for Seen {}

#[test]
fn a_recording_is_made_once_and_seen_whole() {
    check(|| {
        let once: &'static Once<Seen> = Box::leak(Box::new(Once::new()));
        let ask = move || {
            let mut made = 0;
            let seen = once.get().or_else(|| {
                once.make(|| {
                    made = 1;
                    let seen = Box::leak(Box::new(Seen(UnsafeCell::new(0))));
                    // SAFETY: nobody else knows it.
                    seen.0.with_mut(|value| unsafe { *value = 7 });
                    Some(&*seen)
                })
            });
            if let Some(seen) = seen {
                // SAFETY: loom sees to it that nobody writes meanwhile.
                assert_eq!(seen.0.with(|value| unsafe { *value }), 7);
            }
            made
        };
        let other = thread::spawn(ask);
        let made = ask();
        assert_eq!(made + other.join().unwrap(), 1);
        assert!(once.get().is_some());
    });
}

#[test]
fn a_thread_goes_on_with_the_counts_of_the_one_before() {
    check(|| {
        let recording = begin();
        let count = move || {
            let slot = recording.claim();
            assert!(core::ptr::eq(slot.recording(), recording));
            alloc(slot);
            if !slot.is_shared() {
                recording.leave(slot);
            }
        };
        let other = thread::spawn(count);
        count();
        other.join().unwrap();
        assert_eq!(counted(recording), (2, 2));
    });
}

#[test]
fn threads_that_share_a_slot_lose_no_count() {
    check(|| {
        let recording = begin();
        let others: Vec<_> = (0..2)
            .map(|_| thread::spawn(move || alloc(recording.shared())))
            .collect();
        free(recording.shared());
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(counted(recording), (2, 1));
    });
}

#[test]
fn a_peak_is_not_forgotten_for_a_lower_one() {
    check(|| {
        let recording = begin();
        let other = thread::spawn(move || {
            let slot = recording.claim();
            alloc(slot);
            alloc(slot);
            recording.tell(2 * SIZE as i64);
            // What another thread's snapshot has, or this one's.
            let peak = recording.peak_bytes();
            free(slot);
            free(slot);
            recording.tell(-2 * SIZE as i64);
            peak
        });
        alloc(recording.shared());
        recording.tell(SIZE as i64);
        let peak = other.join().unwrap();
        assert!(recording.peak_bytes() >= peak, "{peak}");
        assert_eq!(counted(recording), (3, 1));
    });
}
