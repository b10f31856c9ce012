//! What a process does to its allocator: signals at any moment, stacks of a few pages, threads that cannot be made, blocks
//! used when the process ends, panics, and arenas that come and go by the thousand. What the `hostile-*` binaries do.
//!
//! Two allocators of one preset: the global one, and one of the scenario's own, of which nothing may be left.

mod arenas;
mod ending;
mod signals;
mod stacks;
mod threads;
mod unwinding;

use std::sync::atomic::AtomicBool;

use crate::forking;
use crate::memory;
use crate::subject::Subject;

/// The allocators of one preset.
#[derive(Clone, Copy)]
pub struct Subjects {
    /// The global one, with `purge = "10ms"`.
    pub global: Subject,
    /// Another, which only the scenario uses.
    pub own: Subject,
    /// While it is set, the process can make no thread.
    pub no_threads: &'static AtomicBool,
}

/// Seconds after which a scenario that is not done is stuck.
const SECONDS: u32 = 240;

/// Runs the scenario that the command line names.
///
/// # Panics
///
/// If it fails, or there is none of this name.
pub fn main(subjects: Subjects) {
    memory::forbid_huge_pages();
    forking::watch(SECONDS);
    let scenario = std::env::args().nth(1).unwrap_or_default();
    match scenario.as_str() {
        "signals" => signals::interrupt_allocations(subjects.own),
        "forks-in-handlers" => signals::fork_in_handlers(subjects.own, false),
        "forks-at-once" => signals::fork_in_handlers(subjects.own, true),
        "small-stacks" => stacks::are_enough(subjects),
        "no-threads" => threads::cannot_be_made(subjects),
        "ending" => ending::uses_memory(subjects),
        "panics" => unwinding::leaves_nothing(subjects.own),
        "arenas" => arenas::come_and_go(),
        other => panic!("no scenario is named {other:?}"),
    }
    left_nothing(subjects.own);
    println!("{scenario} passed");
}

/// Panics if a block of the scenario's allocator is live. All threads but this one have ended.
fn left_nothing(own: Subject) {
    (own.flush_thread)();
    (own.purge_now)();
    let stats = (own.stats)();
    assert_eq!(stats.live_bytes(), 0, "{stats}");
    assert!(stats.caches <= 1, "{stats}");
}
