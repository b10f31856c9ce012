//! How long a workload takes and how much memory its process needed.

use std::fs;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::workloads::{Figure, Runner};

/// How long to look at one workload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Before anything counts.
    pub(crate) warm_up: Duration,
    /// What counts.
    pub(crate) time: Duration,
}

/// Passes that the time is cut into, so that an interruption spoils one and not all.
const PASSES: u32 = 10;
/// However long they take.
const FEWEST_PASSES: usize = 2;

/// What one look at a workload showed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Nanoseconds an operation, as the workload's [`Figure`] has it.
    pub(crate) time: f64,
    /// The most that the process ever had resident, in KiB.
    pub(crate) peak: u64,
}

/// Runs what `prepare` makes ready, first to warm up, then for the record.
pub(crate) fn measure(prepare: impl FnOnce() -> Runner, plan: Plan) -> Sample {
    let mut runner = prepare();
    let steps = warm_up(&mut runner, plan);

    let start = Instant::now();
    let mut passes = Vec::new();
    while passes.len() < FEWEST_PASSES || start.elapsed() < plan.time {
        passes.push(runner.pass(steps));
    }
    let pass = match runner.figure {
        Figure::Best => passes.iter().min().copied().unwrap_or_default(),
        Figure::Mean => passes.iter().sum::<Duration>() / passes.len() as u32,
    };
    let operations = steps * runner.operations;
    Sample {
        time: pass.as_secs_f64() * 1e9 / operations as f64,
        peak: status("VmHWM"),
    }
}

/// Doubles the steps until a pass is long enough and the time is over; returns the steps of a pass.
fn warm_up(runner: &mut Runner, plan: Plan) -> u64 {
    let start = Instant::now();
    let enough = plan.time / PASSES;
    let mut steps = 1;
    loop {
        let pass = runner.pass(steps);
        if pass < enough {
            // A pass that is far too short says how far; one that is not is at most doubled.
            let missing = enough.as_nanos() / pass.as_nanos().max(1);
            steps *= u64::try_from(missing.clamp(2, 64)).unwrap_or(2);
        } else if start.elapsed() >= plan.warm_up {
            return steps;
        }
    }
}

/// A line of this process's status, in KiB; zero where there is none.
pub(crate) fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    kib(&status, field)
}

/// The number of `field` in a file of lines such as `VmHWM:   1234 kB`.
pub(crate) fn kib(text: &str, field: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|value| value.trim().strip_suffix("kB")?.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Plan, kib, measure};
    use crate::workloads::catalogue;
    use std::alloc::System;
    use std::time::Duration;

    #[test]
    fn a_sample_is_plausible() {
        let plan = Plan {
            warm_up: Duration::from_millis(2),
            time: Duration::from_millis(10),
        };
        let all = catalogue();
        let workload = all.first().expect("there are workloads");
        let sample = measure(|| workload.prepare(&System), plan);
        assert!(sample.time > 0.0 && sample.peak > 0, "{sample:?}");
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "VmHWMx:\t9 kB\nVmHWM:\t  1234 kB\nThreads:\t1\n";
        assert_eq!(kib(text, "VmHWM"), 1_234);
        assert_eq!(kib(text, "Threads"), 0);
        assert_eq!(kib(text, "VmRSS"), 0);
    }
}
