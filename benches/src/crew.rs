//! Threads that start together, and the time from the start of the first to the end of the last.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Runs `task` once on each of `threads` threads at the same time, with the thread's index.
///
/// Starting the threads is not part of the time.
pub(crate) fn run(threads: usize, task: impl Fn(usize) + Sync) -> Duration {
    let ready = Barrier::new(threads);
    let (ready, task) = (&ready, &task);
    thread::scope(|scope| {
        let members: Vec<_> = (0..threads)
            .map(|index| {
                scope.spawn(move || {
                    ready.wait();
                    let start = Instant::now();
                    task(index);
                    (start, Instant::now())
                })
            })
            .collect();
        let times: Vec<(Instant, Instant)> = members
            .into_iter()
            .map(|member| member.join().expect("a workload's thread does not panic"))
            .collect();
        let first = times.iter().map(|time| time.0).min();
        let last = times.iter().map(|time| time.1).max();
        match (first, last) {
            (Some(first), Some(last)) => last - first,
            _ => Duration::ZERO,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::sleep;
    use std::time::Duration;

    #[test]
    fn every_member_works_once_and_the_last_one_counts() {
        let sum = AtomicUsize::new(0);
        let time = super::run(4, |index| {
            sum.fetch_add(index, Ordering::Relaxed);
            sleep(Duration::from_millis(20));
        });
        assert_eq!(sum.into_inner(), 6);
        assert!(time >= Duration::from_millis(20));
    }
}
