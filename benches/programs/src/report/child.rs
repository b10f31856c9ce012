//! One program under one allocator in a process of its own: where its binary is, and what it cost.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;
use std::{env, io};

use super::allocators::Allocator;
use crate::process::cpu_of;
use crate::programs::Program;

/// How an allocator's binary is built.
pub(super) fn build_command(allocator: &Allocator) -> &'static str {
    match allocator.name {
        "mimalloc_secure" => {
            "cargo build --profile bench -p orthotope-programs --features secure --bin programs_mimalloc_secure"
        }
        "general_profiled" | "default_profiled" => {
            "cargo build --profile bench -p orthotope-programs --features profiling --bin programs_general_profiled --bin programs_default_profiled"
        }
        _ => "cargo build --profile bench -p orthotope-programs --features programs,rivals,ml",
    }
}

/// What one run cost, the process's start and end included.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) wall_s: f64,
    pub(super) cpu_s: f64,
    pub(super) peak_mib: f64,
    pub(super) digest: String,
}

/// The allocator's binary beside this one, or where it should be.
pub(super) fn binary(allocator: &Allocator) -> io::Result<Result<PathBuf, PathBuf>> {
    let path = env::current_exe()?.with_file_name(allocator.binary());
    Ok(if path.is_file() { Ok(path) } else { Err(path) })
}

/// Runs the program; the sample, or why there is none.
///
/// A process ends itself if it hangs, so this ends too.
pub(super) fn run(
    binary: &Path,
    program: &Program,
    quick: bool,
) -> io::Result<Result<Sample, String>> {
    let mut command = Command::new(binary);
    command.arg(program.name).stdin(Stdio::null());
    if quick {
        command.arg("--quick");
    }
    // Only one child at a time: what all children have used grows by what this one uses.
    let cpu = cpu_of(libc::RUSAGE_CHILDREN);
    let start = Instant::now();
    let output = command.output()?;
    let wall_s = start.elapsed().as_secs_f64();
    let cpu_s = (cpu_of(libc::RUSAGE_CHILDREN) - cpu).as_secs_f64();
    if !output.status.success() {
        return Ok(Err(reason(&output)));
    }
    let Some((peak_kib, digest)) = answer(&output.stdout) else {
        return Ok(Err(String::from("answers nonsense")));
    };
    Ok(Ok(Sample {
        wall_s,
        cpu_s,
        peak_mib: peak_kib / 1_024.0,
        digest,
    }))
}

/// Peak memory and digest out of the JSON line.
fn answer(line: &[u8]) -> Option<(f64, String)> {
    let line: serde_json::Value = serde_json::from_slice(line).ok()?;
    Some((
        line["peak_kib"].as_f64()?,
        line["digest"].as_str()?.to_owned(),
    ))
}

fn reason(output: &Output) -> String {
    let end = match (output.status.code(), output.status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => String::from("ended"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    match errors.lines().find(|line| !line.is_empty()) {
        Some(line) => format!("{end}: {line}"),
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{ExitStatus, Output};

    use super::{answer, reason};

    #[test]
    fn the_line_is_read() {
        let line = b"{\"program\":\"syn\",\"wall_s\":1.5,\"cpu_s\":1.4,\"peak_kib\":2048,\"digest\":\"00ff\"}\n";
        assert_eq!(answer(line), Some((2_048.0, String::from("00ff"))));
        assert_eq!(answer(b"nothing"), None);
    }

    #[test]
    fn every_end_has_a_reason() {
        let output = |status, stderr: &str| Output {
            status: ExitStatus::from_raw(status),
            stdout: Vec::new(),
            stderr: stderr.into(),
        };
        assert_eq!(reason(&output(6, "")), "signal 6");
        assert_eq!(
            reason(&output(2 << 8, "\nno program\n")),
            "exit code 2: no program"
        );
    }
}
