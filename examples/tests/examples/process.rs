//! Runs the examples as a user does: as processes, with what they print and their exit status.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where cargo puts the examples of this package: beside `deps`, in which this test is.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("cargo puts tests two folders deep");
    let path = profile.join("examples").join(format!("{name}{EXE_SUFFIX}"));
    assert!(
        path.is_file(),
        "{} is not built; `cargo test -p orthotope-examples` builds it, a run limited by --test does not",
        path.display()
    );
    path
}

/// What a process left behind.
pub(crate) struct Run {
    /// Exit status; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// The run, which must have succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        assert_eq!(
            self.code,
            Some(0),
            "stdout:\n{}\nstderr:\n{}",
            self.out,
            self.err
        );
        self
    }

    /// The first line of the output that starts so.
    #[track_caller]
    pub(crate) fn line(&self, start: &str) -> &str {
        self.out
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("no line starts with {start:?} in:\n{}", self.out))
    }
}

/// The command of an example, without arguments or a terminal.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    command.stdin(Stdio::null());
    command
}

/// Runs an example to its end.
pub(crate) fn run<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> Run {
    let Output {
        status,
        stdout,
        stderr,
    } = command(name)
        .args(args)
        .output()
        .expect("an example that is built starts");
    Run {
        code: status.code(),
        out: String::from_utf8(stdout).expect("examples print UTF-8"),
        err: String::from_utf8(stderr).expect("examples print UTF-8"),
    }
}

/// Runs an example without arguments, which must succeed and say nothing on standard error.
#[track_caller]
pub(crate) fn example(name: &str) -> Run {
    let run = run(name, [""; 0]).success();
    assert_eq!(run.err, "", "{name} complains");
    run
}
