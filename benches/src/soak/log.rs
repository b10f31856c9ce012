//! What the soak prints while it runs: a line an interval, with the rates since the last one and the memory now.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::growth::Growth;
use super::work::Crew;
use crate::measure;

/// What was printed so far.
pub(super) struct Log {
    start: Instant,
    last: Instant,
    /// Steps of each crew up to the last line.
    steps: Vec<u64>,
    /// In KiB.
    resident: Growth,
    mapped: Growth,
}

impl Log {
    /// Prints the headings.
    pub(super) fn new(crews: &[Crew<'_>]) -> Self {
        print!("{:>9}", "seconds");
        for crew in crews {
            print!(
                " {:>20} {:>9}",
                format!("{} steps/s", crew.subject.name),
                "live MiB"
            );
        }
        println!(
            " {:>12} {:>11} {:>8} {:>6}",
            "resident MiB", "mapped GiB", "threads", "forks"
        );
        let now = Instant::now();
        Self {
            start: now,
            last: now,
            steps: vec![0; crews.len()],
            resident: Growth::default(),
            mapped: Growth::default(),
        }
    }

    /// Prints a line.
    pub(super) fn line(&mut self, crews: &[Crew<'_>], forks: u64) {
        let now = Instant::now();
        let since = now.duration_since(self.last).as_secs_f64();
        self.last = now;
        print!("{:>9.1}", now.duration_since(self.start).as_secs_f64());
        for (crew, before) in crews.iter().zip(&mut self.steps) {
            let steps = crew.steps.load(Ordering::Relaxed);
            let rate = (steps - *before) as f64 / since;
            *before = steps;
            let live = (crew.subject.stats)().live_bytes() >> 20;
            print!(" {rate:>20.0} {live:>9}");
        }
        let lives: u64 = crews
            .iter()
            .map(|crew| crew.lives.load(Ordering::Relaxed))
            .sum();
        let (resident, mapped) = (measure::status("VmRSS"), measure::status("VmSize"));
        self.resident.push(resident);
        self.mapped.push(mapped);
        println!(
            " {:>12} {:>11.1} {lives:>8} {forks:>6}",
            resident >> 10,
            mapped as f64 / f64::from(1 << 20)
        );
    }

    /// Fails if memory or address space kept growing.
    pub(super) fn judge(&self) -> Result<(), String> {
        self.resident
            .judge("resident memory in KiB", 25, 64 << 10)?;
        self.mapped.judge("address space in KiB", 5, 1 << 20)
    }
}
