//! One example's work in a process of its own, under whatever allocator that has.

use std::env;
use std::fmt::Display;
use std::mem::MaybeUninit;
use std::process::ExitCode;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::measure;

/// What a run says of itself, in one line of JSON.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) seconds: f64,
    /// Most memory that was resident, in KiB, as far as the system noted it.
    pub(super) peak_kib: u64,
    /// Pages that the system had to give without reading them from a disk, each for an interruption.
    pub(super) faults: u64,
    pub(super) sum: u64,
}

/// Page faults of this process until now; 0 if the system does not say.
fn faults() -> u64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the place is valid.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    // SAFETY: all zero is a valid value, too.
    let usage = unsafe { usage.assume_init() };
    u64::try_from(usage.ru_minflt).unwrap_or(0)
}

/// Runs the example and the effort that the command line names. `run` has none by another name.
#[must_use]
pub fn main<E: Display>(run: impl FnOnce(&str, u64) -> Option<Result<u64, E>>) -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(effort)) = (arguments.next(), arguments.next()) else {
        eprintln!("write an example's name and its effort");
        return ExitCode::from(2);
    };
    let effort = match effort.parse() {
        Ok(effort) => effort,
        Err(error) => {
            eprintln!("{effort:?}: {error}; write the effort as a number");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let sum = match run(&name, effort) {
        Some(Ok(sum)) => sum,
        Some(Err(error)) => {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
        None => {
            eprintln!("no example {name:?}");
            return ExitCode::from(2);
        }
    };
    let answer = Answer {
        seconds: start.elapsed().as_secs_f64(),
        peak_kib: measure::status("VmHWM"),
        faults: faults(),
        sum,
    };
    match serde_json::to_string(&answer) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
