//! A test that needs a process of its own: it runs this binary again, with itself as the only test.

use std::env;
use std::process::{Command, Output, Stdio};

const MARK: &str = "ORTHOTOPE_SPEC_CHILD";

/// Runs the test `path` (as `cargo test` prints it) again in a process of its own. `None` in that process.
///
/// # Panics
///
/// If the process cannot be started.
#[must_use]
pub fn rerun(path: &str) -> Option<Output> {
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

/// The same, for a test that must succeed: whether the caller is to go on, in that process.
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
