//! Builds the subjects, and counts the instructions of the thread that works.
//!
//! Owns what is counted: the program's own instructions, and none of a shared library. The C library
//! chooses its `memcpy` and `memset` by the processor, and callgrind counts each round of a `rep` as an
//! instruction: clearing 4 KiB takes 230, 460 or 4,112 of them, which says nothing of an allocator.

use std::env;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::RIVAL;

/// Whether valgrind can be run.
pub(super) fn is_there() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A line of cargo's account of what it built.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds `gate-NAME` in `profile` for each name, and says where they are.
///
/// The profiles `bench` and `release` end at the same paths: the later build replaces the earlier.
pub(super) fn build(profile: &str, names: &[&str]) -> Result<Vec<PathBuf>, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--profile", profile, "--message-format", "json"])
        .args(["--package", "orthotope-benches"]);
    if names.contains(&RIVAL) {
        command.args(["--features", "rivals"]);
    }
    for name in names {
        command.args(["--bin", &program(name)]);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from("the subjects do not build"));
    }
    let account = String::from_utf8_lossy(&output.stdout);
    names
        .iter()
        .map(|name| {
            find(&account, &program(name))
                .ok_or_else(|| format!("cargo built no {}", program(name)))
        })
        .collect()
}

fn program(name: &str) -> String {
    format!("gate-{name}")
}

fn find(account: &str, program: &str) -> Option<PathBuf> {
    account
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .find(|message| matches!(&message.target, Some(target) if target.name == program))
        .and_then(|message| message.executable)
}

/// Instructions that doing the workload once takes, over `times` times.
///
/// What the program does besides is the same for `times` and twice as many, and falls out.
pub(super) fn count(program: &Path, workload: &str, times: u64) -> Result<f64, String> {
    let once = collect(program, workload, times)?;
    let twice = collect(program, workload, times * 2)?;
    let difference = twice
        .checked_sub(once)
        .ok_or_else(|| format!("{workload}: twice the work takes fewer instructions"))?;
    Ok(difference as f64 / times as f64)
}

fn collect(program: &Path, workload: &str, times: u64) -> Result<u64, String> {
    // The profile names objects as the system does, without links.
    let program = program
        .canonicalize()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    // A file a thread, beside the program: the first is the one that does the workload, another one the allocator's
    // own, which works by the clock.
    let profiles = program.with_extension(workload);
    let profile = program.with_extension(format!("{workload}-01"));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no"])
        .arg("--separate-threads=yes")
        .arg(format!("--callgrind-out-file={}", profiles.display()))
        .arg(&program)
        .args([workload, &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{workload} fails under valgrind:\n{said}"));
    }
    let read = fs::read(&profile).map_err(|error| format!("{}: {error}", profile.display()))?;
    for thread in ["", "-01", "-02"] {
        // Not every run has every file.
        let _ = fs::remove_file(program.with_extension(format!("{workload}{thread}")));
    }
    own(&String::from_utf8_lossy(&read), &program.to_string_lossy())
        .map_err(|error| format!("{workload}: {error}"))
}

/// The instructions of `object` itself in callgrind's `profile`.
///
/// The format is that of valgrind's manual, "Callgrind Format Specification", with one column of positions
/// and one of costs, and names in full.
fn own(profile: &str, object: &str) -> Result<u64, String> {
    let (mut own, mut all, mut totals) = (0, 0, None);
    let (mut inside, mut called) = (false, false);
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("ob=") {
            inside = name == object;
        } else if line.starts_with("calls=") {
            called = true;
        } else if let Some(sum) = line.strip_prefix("totals:") {
            totals = sum.trim().parse::<u64>().ok();
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            // After a call stands what the callee took, which the callee's own lines say again.
            if mem::take(&mut called) {
                continue;
            }
            let cost = line.split_ascii_whitespace().nth(1).unwrap_or("0");
            let cost: u64 = cost
                .parse()
                .map_err(|error| format!("callgrind's line {line:?}: {error}"))?;
            all += cost;
            own += if inside { cost } else { 0 };
        }
    }
    if totals != Some(all) || own == 0 {
        return Err(format!(
            "callgrind's profile is not understood: {all} instructions of {totals:?}, {own} of {object}"
        ));
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::{find, own};
    use std::path::PathBuf;

    /// 3 + 4 in the program, 100 in a library that it calls, 7 before either is known.
    const PROFILE: &str = "\
version: 1
creator: callgrind-3.19.0
positions: line
events: Ir
summary: 114

ob=???
fn=start
0 7

ob=/t/gate
fl=gate.rs
fn=work
16 3
cob=/lib/libc.so.6
cfn=memset
calls=1 49
16 100
+1 4

ob=/lib/libc.so.6
fn=memset
49 100

totals: 114
";

    #[test]
    fn what_libraries_take_is_not_counted() {
        assert_eq!(own(PROFILE, "/t/gate"), Ok(7));
        assert_eq!(own(PROFILE, "/lib/libc.so.6"), Ok(100));
    }

    #[test]
    fn a_profile_that_is_not_understood_is_refused() {
        let complaint = own(PROFILE, "/t/other").expect_err("the program is not in it");
        assert!(complaint.contains("0 of /t/other"), "{complaint}");
        let other = PROFILE.replace("totals: 114", "totals: 115");
        let complaint = own(&other, "/t/gate").expect_err("the sum differs");
        assert!(
            complaint.contains("114 instructions of Some(115)"),
            "{complaint}"
        );
        let other = PROFILE.replace("16 3", "16 x");
        assert!(own(&other, "/t/gate").is_err());
        assert!(own("", "/t/gate").is_err());
    }

    #[test]
    fn the_program_is_found_in_cargos_account() {
        let account = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"orthotope"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"gate-general"},"executable":"/t/g"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(find(account, "gate-general"), Some(PathBuf::from("/t/g")));
        assert_eq!(find(account, "gate-default"), None);
    }
}
