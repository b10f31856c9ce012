//! A program that frees most of what it has and then calls no allocator.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use super::{Before, NOISE, assert_agrees, bytes_of_pages, cached_bytes};
use crate::hoard::Hoard;
use crate::memory;
use crate::random::Random;
use crate::subject::Subject;

const THREADS: usize = 4;
/// Bytes in small blocks, over all threads.
const SMALL: usize = 160 << 20;
const SMALLEST: usize = 16;
const LARGEST: usize = 8 << 10;
/// Blocks beyond every class, over all threads, and the bytes of each.
const LARGE: usize = 2;
const LARGE_BYTES: usize = 20 << 20;

/// Blocks on four threads, of which one in ten is kept: within three seconds what is resident is what the kept ones
/// lie on, though nobody calls the allocator.
pub(super) fn shrinks(subject: Subject) {
    let mut hoards = rooms(subject);
    let before = Before::now();
    thin_out_and(subject, &mut hoards, |hoards| {
        assert_agrees(subject, before, "with much free");
        let kept: usize = hoards.iter().map(Hoard::bytes).sum();
        let metadata = (subject.stats)().metadata;
        let pages = bytes_of_pages(subject, hoards);
        let bound = pages + cached_bytes(subject) + metadata + 2 * NOISE;
        let full = before.more();
        let fell = memory::wait_until(Duration::from_secs(3), || before.more() <= bound);
        let resident = before.more();
        println!(
            "{full} bytes resident, then {resident}; {kept} kept, on pages of {pages}, metadata {metadata}"
        );
        assert!(fell, "{resident} bytes resident, more than {bound}");
        assert!(
            resident + NOISE >= pages,
            "{resident} bytes resident, though {pages} are in use"
        );
        assert_agrees(subject, before, "after the purge");
        hoards.iter().for_each(Hoard::verify);
    });
}

/// The same with `purge = "never"`: what is free stays resident, but the system may take it.
pub(super) fn is_marked(subject: Subject) {
    let mut hoards = rooms(subject);
    let before = Before::now();
    thin_out_and(subject, &mut hoards, |hoards| {
        let full = before.more();
        let free = full - bytes_of_pages(subject, hoards);
        let marked = memory::wait_until(Duration::from_secs(8), || {
            memory::rollup().lazy_free >= free / 10 * 8
        });
        let (resident, lazy_free) = (before.more(), memory::rollup().lazy_free);
        println!("{resident} bytes of {full} resident, {lazy_free} of {free} marked");
        assert!(marked, "{lazy_free} of {free} free bytes marked");
        assert!(
            resident + NOISE >= full,
            "{resident} bytes resident of {full}, though none may be given back"
        );
        assert_agrees(subject, before, "after the marks");
        hoards.iter().for_each(Hoard::verify);
    });
}

/// Hoards whose own memory is resident already.
fn rooms(subject: Subject) -> Vec<Hoard<'static>> {
    // A block has more than a kibibyte on average.
    (0..THREADS)
        .map(|_| Hoard::with_touched_room(subject.allocator, SMALL / THREADS / 1024))
        .collect()
}

/// Fills the hoards on a thread each and gives nine blocks in ten back there. Runs `look` while the threads are still
/// there, with whatever they cache.
fn thin_out_and(
    subject: Subject,
    hoards: &mut [Hoard<'static>],
    look: impl FnOnce(&[Hoard<'static>]),
) {
    let (done, end) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        for (thread, hoard) in hoards.iter_mut().enumerate() {
            let (done, end, sender) = (&done, &end, sender.clone());
            scope.spawn(move || {
                fill(thread, hoard);
                let mut random = Random::new(1000 + thread as u64);
                hoard.keep_if(|| random.below(10) == 0);
                // Both figures of the statistics that a thread tells on its way through the slow path.
                (subject.stats)();
                sender
                    .send(std::mem::replace(
                        hoard,
                        Hoard::with_room(subject.allocator, 0),
                    ))
                    .expect("somebody listens");
                done.wait();
                end.wait();
            });
        }
        done.wait();
        let kept: Vec<Hoard<'static>> = receiver.try_iter().collect();
        assert_eq!(kept.len(), THREADS);
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&kept)));
        end.wait();
        looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

fn fill(thread: usize, hoard: &mut Hoard<'_>) {
    let mut random = Random::new(thread as u64);
    while hoard.bytes() < SMALL / THREADS {
        assert!(
            hoard.add(random.size(LARGEST).max(SMALLEST)),
            "there is memory"
        );
    }
    if thread < LARGE {
        assert!(hoard.add(LARGE_BYTES), "there is memory");
    }
}
