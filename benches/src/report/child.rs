//! One measurement in a process of its own: the question, the answer, and every way to get none.

use std::env;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::options::Request;
use super::{Contender, USAGE, refuse};
use crate::block::EXHAUSTED;
use crate::measure::{self, Plan, Sample};
use crate::workloads::Workload;

/// A child that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// The child's side: measures, and prints the sample as one line of JSON.
pub(super) fn measure(
    request: &Request,
    contenders: &[Contender],
    workloads: &[Workload],
) -> ExitCode {
    let contender = contenders.iter().find(|c| c.name == request.allocator);
    let workload = workloads.iter().find(|w| w.name == request.workload);
    let (Some(contender), Some(workload)) = (contender, workload) else {
        return refuse("measure: no such allocator or workload");
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
    let mut child = Command::new(env::current_exe()?)
        .arg("measure")
        .args(["--allocator", contender.name])
        .args(["--workload", &workload.name])
        .args(["--warm-up-ms", &plan.warm_up.as_millis().to_string()])
        .args(["--time-ms", &plan.time.as_millis().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let Some(status) = wait(&mut child)? else {
        return Ok(Err(String::from("hangs")));
    };
    if !status.success() {
        return Ok(Err(reason(status)));
    }
    let mut line = String::new();
    if let Some(mut answer) = child.stdout.take() {
        answer.read_to_string(&mut line)?;
    }
    Ok(serde_json::from_str(&line).map_err(|error| format!("answers nonsense: {error}")))
}

/// The child's end, or nothing if it had to be killed. One line of answer fits in the pipe.
fn wait(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn reason(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(EXHAUSTED), _) => String::from("no memory"),
        (Some(code), _) if code == i32::from(USAGE) => String::from("not asked properly"),
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => String::from("ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::reason;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    #[test]
    fn every_end_has_a_name() {
        assert_eq!(reason(ExitStatus::from_raw(3 << 8)), "no memory");
        assert_eq!(reason(ExitStatus::from_raw(1 << 8)), "exit code 1");
        assert_eq!(reason(ExitStatus::from_raw(11)), "signal 11");
    }
}
