//! A test that needs a process of its own, or that ends one: it runs this binary again, with itself as the only test.

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

const MARK: &str = "ORTHOTOPE_SPEC_CHILD";

/// Runs the test `path` again in a process of its own. `None` in that process.
fn rerun(path: &str) -> Option<Output> {
    if env::var_os(MARK).is_some_and(|mark| mark == path) {
        return None;
    }
    let binary = env::current_exe().expect("the test binary has a path");
    let output = Command::new(binary)
        .args([path, "--exact", "--nocapture", "--test-threads=1"])
        .env(MARK, path)
        .stdin(Stdio::null())
        .output()
        .expect("the test binary runs again");
    Some(output)
}

/// Runs the test `path` (as `cargo test` prints it) again in a process of its own, where it must succeed. True in that
/// process alone: there the caller goes on.
///
/// # Panics
///
/// If the test fails there, or there is none of this name.
#[must_use]
pub fn is_child(path: &str) -> bool {
    let Some(output) = rerun(path) else {
        return true;
    };
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{}\n{stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

/// Runs `wrong` in a process of its own, which the signal must end. What it wrote to standard error; `None` in that process.
///
/// # Panics
///
/// If the process ends in another way.
pub fn ended_by(path: &str, signal: i32, wrong: impl FnOnce()) -> Option<String> {
    let Some(output) = rerun(path) else {
        wrong();
        return None;
    };
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.signal(), Some(signal), "{stderr}");
    Some(stderr)
}

/// Runs `wrong` in a process of its own, which must abort after one line on standard error that has all of `parts`.
///
/// # Panics
///
/// If the process ends in another way, or says something else.
pub fn aborts(path: &str, parts: &[&str], wrong: impl FnOnce()) {
    if let Some(stderr) = ended_by(path, libc::SIGABRT, wrong) {
        assert_eq!(stderr.matches('\n').count(), 1, "one line: {stderr}");
        assert!(stderr.ends_with('\n'), "one line: {stderr}");
        for part in parts {
            assert!(stderr.contains(part), "{part}: {stderr}");
        }
    }
}
