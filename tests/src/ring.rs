//! Threads in a ring: what each sends, the next one hears.
//!
//! Owns the channels and the end: a round is over when every thread's exit is, its cache published.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

/// Bytes of a thread's stack: small, so that what is measured is the allocator.
const STACK: usize = 256 << 10;

/// Runs `live` on as many threads at once. Each is told its number, sends to the next, and hears from the one before until
/// that hangs up.
///
/// # Panics
///
/// If a thread panics, or cannot be started.
pub fn run<T: Send>(threads: usize, live: impl Fn(usize, Sender<T>, Receiver<T>) + Sync) {
    let (mut senders, receivers): (Vec<_>, Vec<_>) = (0..threads).map(|_| mpsc::channel()).unzip();
    senders.rotate_left(1);
    thread::scope(|scope| {
        let live = &live;
        let started: Vec<_> = senders
            .into_iter()
            .zip(receivers)
            .enumerate()
            .map(|(number, (to, from))| {
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, move || live(number, to, from))
                    .expect("a thread can be started")
            })
            .collect();
        // Unlike the scope's end, a join waits until the thread's exit is over.
        started
            .into_iter()
            .for_each(|thread| thread.join().expect("no thread panics"));
    });
}
