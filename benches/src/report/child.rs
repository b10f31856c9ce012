//! One measurement in a process of its own: the question and the answer.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use super::options::Request;
use super::{Contender, refuse};
use crate::comparison::child;
use crate::measure::{self, Plan, Sample};
use crate::workloads::Workload;

/// The child's side: measures, and prints the sample as one line of JSON.
pub(super) fn measure(
    request: &Request,
    contenders: &[Contender],
    workloads: &[Workload],
) -> ExitCode {
    let cell = request
        .cell
        .find(contenders, |each| each.name, workloads, |each| &each.name);
    let (contender, workload) = match cell {
        Ok(cell) => cell,
        Err(message) => return refuse(&message),
    };
    let plan = Plan {
        warm_up: Duration::from_millis(request.warm_up_ms),
        time: Duration::from_millis(request.time_ms),
    };
    let sample = measure::measure(|| (contender.prepare)(workload), plan);
    match serde_json::to_string(&sample) {
        Ok(line) => println!("{line}"),
        Err(error) => return refuse(&error.to_string()),
    }
    ExitCode::SUCCESS
}

/// The parent's side: the sample, or why there is none.
pub(super) fn ask(
    contender: &Contender,
    workload: &Workload,
    plan: Plan,
) -> io::Result<Result<Sample, String>> {
    let warm_up = plan.warm_up.as_millis().to_string();
    let time = plan.time.as_millis().to_string();
    child::ask([
        "measure",
        "--allocator",
        contender.name,
        "--workload",
        &workload.name,
        "--warm-up-ms",
        &warm_up,
        "--time-ms",
        &time,
    ])
}
