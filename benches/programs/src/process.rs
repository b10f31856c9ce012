//! One program in this process: its arguments, its bounds, and the line that says what it cost.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::programs::{self, Program};

/// Ends a process that hangs, whoever started it; one that works never gets near.
const LIMIT_SECONDS: libc::c_uint = 600;

/// What a process measures and what its JSON line holds.
#[derive(Clone, Copy, Debug)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    peak_kib: u64,
}

/// Runs the program that the first argument names, less of it with `--quick`, and prints one JSON line.
#[must_use]
pub fn main() -> ExitCode {
    let start = Instant::now();
    // SAFETY: alarm takes no pointer and replaces no alarm that anybody set.
    unsafe { libc::alarm(LIMIT_SECONDS) };
    let mut asked = None;
    let mut quick = false;
    for argument in std::env::args().skip(1) {
        match (argument.as_str(), asked) {
            ("--quick", _) => quick = true,
            ("--list", _) => {
                println!("{}", programs::names("\n"));
                return ExitCode::SUCCESS;
            }
            (name, None) => match programs::find(name) {
                Some(program) => asked = Some(program),
                None => return refuse(&format!("no program {name:?} in this build")),
            },
            (name, Some(_)) => return refuse(&format!("{name:?} is one program too many")),
        }
    }
    let Some(program) = asked else {
        return refuse("no program is named");
    };
    let digest = (program.run)(if quick { program.quick } else { program.full });
    print_line(program, Cost::so_far(start), digest);
    ExitCode::SUCCESS
}

fn refuse(why: &str) -> ExitCode {
    let names = programs::names(", ");
    eprintln!("{why}; write PROGRAM [--quick], PROGRAM one of {names}");
    ExitCode::from(2)
}

fn print_line(program: &Program, cost: Cost, digest: u64) {
    println!(
        "{{\"program\":\"{}\",\"wall_s\":{:.6},\"cpu_s\":{:.6},\"peak_kib\":{},\"digest\":\"{digest:016x}\"}}",
        program.name,
        cost.wall.as_secs_f64(),
        cost.cpu.as_secs_f64(),
        cost.peak_kib,
    );
}

impl Cost {
    fn so_far(start: Instant) -> Self {
        Self {
            wall: start.elapsed(),
            cpu: cpu_of(libc::RUSAGE_SELF),
            peak_kib: peak_kib(),
        }
    }
}

/// Time in user and system mode of `who`: this process, or its children that ended and were waited for.
///
/// # Panics
///
/// If `who` is none of the constants that the system knows.
#[must_use]
pub fn cpu_of(who: libc::c_int) -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: `usage` is writable and as large as the system expects.
    let answer = unsafe { libc::getrusage(who, usage.as_mut_ptr()) };
    assert_eq!(answer, 0, "getrusage knows {who}");
    // SAFETY: getrusage succeeded, so it has filled the structure.
    let usage = unsafe { usage.assume_init() };
    duration(usage.ru_utime) + duration(usage.ru_stime)
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_micros(time.tv_usec.unsigned_abs())
}

/// The most memory this process has had resident, in KiB.
///
/// From `VmHWM`, since the peak in `rusage` is inherited from the process that started this one.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of this process");
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .expect("the status has a VmHWM in kB")
}
