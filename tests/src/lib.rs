//! Orthotope's tests: what several test targets and child binaries share.
//!
//! Nothing in this library names a global allocator. A program that is to run under one is a thin
//! binary in `src/bin` that declares the static and calls a module here; the test targets in `tests/`
//! run those binaries and judge what they print. Read in this order:
//!
//! - [`random`], [`digest`] and [`pattern`]: input and output of a workload as numbers that never vary,
//!   and blocks whose contents say whose they are; [`live`]: how many blocks a snapshot counts;
//! - [`binary`] and [`memory`]: running a binary of this package and judging how it ended, and what the
//!   system says of oneself; [`pthread`]: whom a function that stands in the system's place passes its calls on to;
//! - [`programs`]: published crates at work, unmodified;
//! - [`ring`] and [`churn`]: threads that hand blocks on, and come and go; [`hoard`] and [`exhaustion`]: the end of an arena; [`reentry`]:
//!   whom an allocator asks for memory;
//! - [`mod@subject`] and [`tasks`]: an allocator as a value, and the threads of this process; [`giving_back`]: memory that
//!   goes back to the system; [`forking`]: children of a busy process; [`limited`]: too little address space;
//!   [`hostile`]: what else a process does to its allocator;
//! - [`recorded`]: what a recorded program asks for, in numbers that its test knows;
//! - [`native`]: C and C++ programs, and the library that is preloaded into them;
//! - [`assembly`] and [`golden`]: the way through a compiled function, and texts held as files;
//! - [`snippets`]: the code in a Markdown text;
//! - [`spec`]: what the tests of the specification share.

pub mod assembly;
pub mod binary;
pub mod churn;
pub mod digest;
pub mod exhaustion;
#[cfg(target_os = "linux")]
pub mod forking;
#[cfg(target_os = "linux")]
pub mod giving_back;
pub mod golden;
pub mod hoard;
#[cfg(target_os = "linux")]
pub mod hostile;
#[cfg(target_os = "linux")]
pub mod limited;
pub mod live;
pub mod memory;
pub mod native;
pub mod pattern;
pub mod programs;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub mod pthread;
pub mod random;
pub mod recorded;
pub mod reentry;
pub mod ring;
pub mod snippets;
pub mod spec;
pub mod subject;
#[cfg(target_os = "linux")]
pub mod tasks;
