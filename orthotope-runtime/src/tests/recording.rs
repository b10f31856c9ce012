//! Recordings of their own, beside the process's: what is counted, and when the peak is.

use std::thread;

use super::rng::Rng;
use crate::profile::{Bin, Profile};
use crate::record::{Event, Recording, SLOTS, Slot};
use crate::sys::REAL;

/// A thread that counts, without thread-local storage.
struct Thread<'a> {
    recording: &'a Recording,
    slot: &'a Slot,
    untold: i64,
}

impl<'a> Thread<'a> {
    fn new(recording: &'a Recording) -> Self {
        Self {
            recording,
            slot: recording.claim(),
            untold: 0,
        }
    }

    fn count(&mut self, event: Event) {
        self.slot.count(event);
        self.untold += event.bytes();
        if self.recording.is_due(self.untold) {
            self.recording.tell(std::mem::take(&mut self.untold));
        }
    }

    fn alloc(&mut self, size: usize, times: usize) {
        (0..times).for_each(|_| self.count(Event::allocation(size, 8)));
    }

    fn free(&mut self, size: usize, times: usize) {
        (0..times).for_each(|_| self.count(Event::free(size)));
    }
}

fn map() -> &'static Recording {
    Recording::map(&REAL).expect("address space for a recording")
}

/// What a written profile would say.
fn read(recording: &Recording) -> Profile {
    recording.settle();
    let profile = Profile {
        processes: 1,
        threads: recording.threads(),
        bins: recording.bins().collect(),
    };
    let text = profile.to_string();
    assert_eq!(Profile::parse(&text), Ok(profile.clone()), "{text}");
    profile
}

fn of(profile: &Profile, size: usize) -> Bin {
    let found = profile.bins.iter().find(|bin| bin.size == size);
    *found.unwrap_or_else(|| panic!("no bin of {size} bytes in {profile}"))
}

#[test]
fn nothing_recorded_is_an_empty_profile() {
    let profile = read(map());
    assert!(profile.is_empty() && profile.bins.is_empty());
}

#[test]
fn the_peak_is_what_was_live_when_most_was() {
    let recording = map();
    let mut thread = Thread::new(recording);
    thread.alloc(100, 1_000);
    thread.alloc(2_000, 10);
    thread.free(100, 900);
    // 30,400 bytes live: the peak was 124,000, though more blocks of 40 bytes come later than ever were of 100.
    thread.alloc(40, 1_500);
    thread.free(40, 1_500);
    let profile = read(recording);
    assert_eq!(
        (of(&profile, 104).peak, of(&profile, 104).live),
        (1_000, 100)
    );
    assert_eq!(of(&profile, 2_000).peak_bytes, 20_000);
    let small = of(&profile, 40);
    assert_eq!((small.allocations, small.live, small.peak), (1_500, 0, 0));
    assert_eq!(profile.threads, 1);
}

#[test]
fn a_later_higher_peak_takes_the_place_of_the_first() {
    let recording = map();
    let mut thread = Thread::new(recording);
    thread.alloc(64, 10_000);
    thread.free(64, 10_000);
    thread.alloc(128, 10_000);
    let profile = read(recording);
    assert_eq!((of(&profile, 64).peak, of(&profile, 128).peak), (0, 10_000));
}

#[test]
fn a_random_history_has_its_peak_within_a_fiftieth() {
    for seed in 1..=5 {
        let recording = map();
        let mut rng = Rng::new(seed);
        let mut thread = Thread::new(recording);
        let (mut live, mut bytes, mut most) = (Vec::new(), 0_u64, 0);
        for step in 0..40_000 {
            // Grows, shrinks, grows higher.
            let growing = !(15_000..=25_000).contains(&step);
            if live.is_empty() || rng.below(100) < if growing { 70 } else { 30 } {
                let size = rng.size(3_000);
                thread.alloc(size, 1);
                live.push(size);
                bytes += size.next_multiple_of(8) as u64;
            } else {
                let size = live.swap_remove(rng.below(live.len()));
                thread.free(size, 1);
                bytes -= size.next_multiple_of(8) as u64;
            }
            most = most.max(bytes);
        }
        let peak: u64 = read(recording).bins.iter().map(|bin| bin.peak_bytes).sum();
        assert!(
            peak <= most && peak >= most - most / 50,
            "seed {seed}: {peak} of {most}"
        );
    }
}

#[test]
fn what_one_thread_asks_for_and_another_frees_is_not_live() {
    let recording = map();
    let (mut one, mut other) = (Thread::new(recording), Thread::new(recording));
    one.alloc(500, 3_000);
    other.free(500, 2_000);
    let profile = read(recording);
    let bin = of(&profile, 504);
    assert_eq!((bin.allocations, bin.live), (3_000, 1_000));
    assert!((2_960..=3_000).contains(&bin.peak), "{}", bin.peak);
    assert_eq!(profile.threads, 2);
}

#[test]
fn ranges_above_4_kib_keep_their_largest_request_and_their_bytes() {
    let recording = map();
    let mut thread = Thread::new(recording);
    for size in [100_001, 100_100, 100_050] {
        thread.alloc(size, 1);
    }
    thread.alloc(1 << 40, 2);
    let profile = read(recording);
    let bin = of(&profile, 100_104);
    assert_eq!((bin.peak, bin.peak_bytes), (3, 100_008 + 100_104 + 100_056));
    assert_eq!(of(&profile, 1 << 40).peak_bytes, 2 << 40);
}

#[test]
fn alignment_and_reallocation_are_counted() {
    let recording = map();
    let mut thread = Thread::new(recording);
    thread.alloc(256, 1);
    thread.count(Event::free(256));
    thread.count(Event::reallocation(512, 64));
    thread.count(Event::allocation(512, 4_096));
    thread.alloc(512, 2);
    let profile = read(recording);
    let bin = of(&profile, 512);
    assert_eq!(
        (bin.allocations, bin.reallocs, bin.aligned, bin.align),
        (4, 1, 2, 4_096)
    );
    assert_eq!((of(&profile, 256).live, of(&profile, 256).align), (0, 8));
}

#[test]
fn a_slot_that_is_left_is_gone_on_with() {
    let recording = map();
    for _ in 0..3 * SLOTS {
        let mut thread = Thread::new(recording);
        thread.alloc(16, 1);
        recording.tell(thread.untold);
        recording.leave(thread.slot);
    }
    let profile = read(recording);
    assert_eq!(of(&profile, 16).peak, 3 * SLOTS as u64);
    assert_eq!(profile.threads, 1);
}

#[test]
fn threads_beyond_the_slots_share_one() {
    let recording = map();
    let own: Vec<Thread<'_>> = (1..SLOTS).map(|_| Thread::new(recording)).collect();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut thread = Thread::new(recording);
                assert!(std::ptr::eq(thread.slot, recording.shared()));
                thread.alloc(24, 10_000);
                thread.free(24, 5_000);
            });
        }
    });
    assert_eq!(own.len(), SLOTS - 1);
    let bin = of(&read(recording), 24);
    assert_eq!((bin.allocations, bin.live), (40_000, 20_000));
}

#[test]
fn threads_that_count_at_once_lose_nothing() {
    let recording = map();
    thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let mut thread = Thread::new(recording);
                let mut rng = Rng::new(number + 1);
                for _ in 0..2_000 {
                    let size = 8 * (1 + rng.below(50));
                    thread.alloc(size, 5);
                    thread.free(size, 5);
                    thread.alloc(1_000, 1);
                }
            });
        }
    });
    let profile = read(recording);
    let (mut allocations, mut live) = (0, 0);
    for bin in &profile.bins {
        allocations += bin.allocations;
        live += bin.live;
    }
    assert_eq!((allocations, live), (8 * 2_000 * 6, 8 * 2_000));
    let peak = of(&profile, 1_000).peak;
    assert!((15_800..=16_000).contains(&peak), "{peak}");
}

#[test]
fn samples_know_who_asked() {
    let samples = map().samples();
    for block in (1..100_000).map(|block| block * 48) {
        assert_eq!(samples.take(block), None);
        samples.put(block, 7);
        assert_eq!(samples.take(block), Some(7));
        assert_eq!(samples.take(block), None);
    }
}
