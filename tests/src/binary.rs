//! Running one of this package's binaries, and judging how it ended.
//!
//! Owns the command line and the message of a failure: the child's exit status and everything it wrote,
//! so that a crash under an allocator can be read from the test's output alone.

use std::fmt;
use std::process::{Command, ExitStatus, Stdio};

/// How a child ended, and what it wrote.
#[derive(Debug)]
pub struct Ended {
    command: String,
    status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `executable` with `arguments`, no input, and waits for it.
///
/// # Panics
///
/// If it cannot be started.
#[must_use]
pub fn run(executable: &str, arguments: &[&str]) -> Ended {
    Ended::of(
        Command::new(executable)
            .args(arguments)
            // A backtrace asks for megabytes: no help to a child that ran out of memory on purpose.
            .env("RUST_BACKTRACE", "0"),
    )
}

impl Ended {
    /// Runs a command, without input, and waits for it.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        let mut line = command.get_program().to_string_lossy().into_owned();
        for argument in command.get_args() {
            line = line + " " + &argument.to_string_lossy();
        }
        let output = command
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
        Self {
            command: line,
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Whether the child exited with code 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.success()
    }

    /// The same, once it is certain that the child exited with code 0.
    ///
    /// # Panics
    ///
    /// If it did not; the message holds everything that the child wrote.
    #[must_use]
    pub fn success(self) -> Self {
        assert!(self.status.success(), "{self}");
        self
    }

    /// The same, once it is certain that `SIGABRT` ended the child.
    ///
    /// # Panics
    ///
    /// If it ended in another way; the message holds everything that the child wrote.
    #[cfg(unix)]
    #[must_use]
    pub fn aborted(self) -> Self {
        use std::os::unix::process::ExitStatusExt as _;

        assert_eq!(self.status.signal(), Some(libc::SIGABRT), "{self}");
        self
    }

    /// The text after `name=` on a line of standard error.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<&str> {
        self.stderr
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            status,
            stdout,
            stderr,
        } = self;
        write!(
            to,
            "`{command}` ended with {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
    }
}
