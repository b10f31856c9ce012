//! The threads of this process, as `/proc/self/task` shows them.

use std::fs;
use std::path::PathBuf;

/// The name of the thread that gives memory back.
pub const BACKGROUND: &str = "orthotope-purge";

/// A thread.
#[derive(Clone, Debug)]
pub struct Task(PathBuf);

/// What a thread has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// User and system time, in the clock's ticks.
    pub ticks: u64,
    /// How often it gave the processor up to wait for something.
    pub waits: u64,
}

/// Every thread.
///
/// # Panics
///
/// If the system does not tell.
#[must_use]
pub fn all() -> Vec<Task> {
    fs::read_dir("/proc/self/task")
        .expect("the threads can be listed")
        .map(|entry| Task(entry.expect("the next thread").path()))
        .collect()
}

/// The thread that gives memory back, if there is one.
///
/// # Panics
///
/// If there are two.
#[must_use]
pub fn background() -> Option<Task> {
    let mut named = all().into_iter().filter(|task| task.name() == BACKGROUND);
    let background = named.next();
    assert!(
        named.next().is_none(),
        "there is one background thread at most"
    );
    background
}

impl Task {
    /// The thread's name; empty if it has just exited.
    #[must_use]
    pub fn name(&self) -> String {
        fs::read_to_string(self.0.join("comm"))
            .map(|name| name.trim_end().to_owned())
            .unwrap_or_default()
    }

    /// The thread's number.
    ///
    /// # Panics
    ///
    /// If it has none.
    #[must_use]
    pub fn id(&self) -> i32 {
        let name = self.0.file_name().and_then(|name| name.to_str());
        name.and_then(|name| name.parse().ok())
            .expect("a thread's directory is named by its number")
    }

    /// Whether the signal of this number is blocked in the thread.
    ///
    /// # Panics
    ///
    /// If the thread is gone.
    #[must_use]
    pub fn blocks(&self, signal: i32) -> bool {
        let blocked = u64::from_str_radix(&self.status("SigBlk:"), 16).expect("a set of signals");
        blocked >> (signal - 1) & 1 == 1
    }

    /// What the thread has done so far.
    ///
    /// # Panics
    ///
    /// If it is gone.
    #[must_use]
    pub fn effort(&self) -> Effort {
        let stat = fs::read_to_string(self.0.join("stat")).expect("the thread is there");
        // The name, which may hold anything, ends at the last bracket; two fields follow before the third.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().expect("a number of ticks"))
            .sum();
        let waits = self.status("voluntary_ctxt_switches:");
        Effort {
            ticks,
            waits: waits.parse().expect("a number of switches"),
        }
    }

    /// What follows `name` on a line of the thread's status.
    fn status(&self, name: &str) -> String {
        let status = fs::read_to_string(self.0.join("status")).expect("the thread is there");
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(|value| value.trim().to_owned())
            .expect("the status has the line")
    }
}
