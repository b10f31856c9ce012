//! larson: each thread replaces blocks of its live set at random, then leaves the set to a thread that it
//! starts, which therefore frees blocks of a thread that is gone. After Larson and Krishnan's server simulation.

use std::sync::Mutex;
use std::thread;

use super::replacement::LiveSet;
use super::{Figure, Runner};
use crate::block::Heap;
use crate::crew;
use crate::random::Sizes;

/// Blocks of each thread.
const LIVE: usize = 1_000;
/// Replacements in the life of a thread.
const LIFE: u64 = 50_000;

pub(super) fn prepare<A: Heap, const ALIGN: usize>(heap: &'static A, threads: usize) -> Runner {
    let lines: Vec<Mutex<Option<LiveSet<A, ALIGN>>>> = (0..threads)
        .map(|seed| Mutex::new(Some(LiveSet::new(heap, LIVE, Sizes::spread(), seed as u64))))
        .collect();
    Runner::threads(LIFE * threads as u64, Figure::Mean, move |steps| {
        crew::run(threads, |index| {
            let Some(line) = lines.get(index) else {
                return;
            };
            let mut line = line.lock().expect("no thread panics");
            for _ in 0..steps {
                let heir = line.take().map(live);
                *line = heir.and_then(|heir| heir.join().ok());
            }
        })
    })
}

/// The life of one thread.
fn live<A: Heap, const ALIGN: usize>(
    mut set: LiveSet<A, ALIGN>,
) -> thread::JoinHandle<LiveSet<A, ALIGN>> {
    thread::spawn(move || {
        set.replace(LIFE);
        set
    })
}
