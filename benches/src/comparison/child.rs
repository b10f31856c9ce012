//! One question to a process of its own, and every way to get no answer.

use std::env;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::USAGE;
use crate::block::EXHAUSTED;

/// A child that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// What this program answers to `arguments`, one line of JSON, or why it answers nothing.
pub(crate) fn ask<T: DeserializeOwned>(
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> io::Result<Result<T, String>> {
    let mut child = Command::new(env::current_exe()?)
        .args(arguments)
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
