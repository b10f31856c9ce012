//! Memory that goes back to the system: what the `giving-back-*` binaries do.
//!
//! Owns the workloads, one a scenario; what is resident is what the kernel says, and what must stay is counted page by
//! page. The allocators are not global ones, so that a look at the process does not use what is looked at.

mod at_once;
mod idle;
mod thread;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::hoard::Hoard;
use crate::memory;
use crate::subject::Subject;

/// The allocators of one preset.
#[derive(Clone, Copy)]
pub struct Subjects {
    /// With `purge = "200ms"`.
    pub clock: Subject,
    /// With `purge = "never"`.
    pub never: Subject,
    /// With `purge = "eager"`.
    pub eager: Subject,
}

/// Runs the scenario that the command line names.
///
/// # Panics
///
/// If the scenario fails, or there is none of this name.
pub fn main(subjects: Subjects) {
    memory::forbid_huge_pages();
    let Subjects {
        clock,
        never,
        eager,
    } = subjects;
    let scenario = std::env::args().nth(1).unwrap_or_default();
    match scenario.as_str() {
        "idle" => idle::shrinks(clock),
        "never" => idle::is_marked(never),
        "eager" => at_once::eager(eager),
        "eager-small" => at_once::eager_small(eager),
        "purge-now" => at_once::purge_now(never),
        "flush-thread" => at_once::flush_thread(clock),
        "no-thread" => thread::none_for_little(clock),
        "thread" => thread::is_there_and_rests(clock),
        "signals" => thread::takes_no_signal(clock),
        other => panic!("no scenario is named {other:?}"),
    }
    println!("{scenario} passed");
}

/// Memory that does not belong to any allocator under test: what `Anonymous` may grow by meanwhile.
const NOISE: usize = 1 << 20;

/// What was resident before an allocator was used, to be taken from what is later.
#[derive(Clone, Copy)]
struct Before(usize);

impl Before {
    fn now() -> Self {
        Self(memory::rollup().anonymous)
    }

    /// Bytes that have become resident since.
    fn more(self) -> usize {
        memory::rollup().anonymous.saturating_sub(self.0)
    }
}

/// Bytes of the pages on which these blocks lie, as wide as the allocator made them.
fn bytes_of_pages(subject: Subject, hoards: &[Hoard<'_>]) -> usize {
    let page = memory::page_bytes();
    let pages: BTreeSet<usize> = hoards
        .iter()
        .flat_map(Hoard::places)
        .flat_map(|(start, size)| {
            let end = start + subject.payload(size);
            (start - subject.header) / page..=(end - 1) / page
        })
        .collect();
    pages.len() * page
}

/// Bytes that wait in threads' caches, and may lie on as many pages.
fn cached_bytes(subject: Subject) -> usize {
    (subject.stats)()
        .classes
        .iter()
        .map(|class| class.cached * class.stride)
        .sum()
}

/// Panics unless the allocator's own figure agrees with the kernel's, a little later at least: memory may be on its way
/// back at this moment.
fn assert_agrees(subject: Subject, before: Before, when: &str) {
    let figures = || (subject.resident(), before.more());
    let agree = |(own, kernel): (usize, usize)| {
        own + NOISE >= kernel && own <= kernel + kernel / 4 + (4 << 20)
    };
    let agreed = memory::wait_until(Duration::from_secs(2), || agree(figures()));
    let (own, kernel) = figures();
    assert!(
        agreed,
        "{when}: {own} bytes resident by its own account, {kernel} by the kernel's"
    );
}
