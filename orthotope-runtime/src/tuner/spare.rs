//! Classes for sizes that nobody recorded.
//!
//! Owns the rule: no request below the largest class is served by a block of more than twice its size, if there is
//! room for the classes that this takes. They cost nothing while they are not used; without them, a request that
//! the recording happened not to see could take many times its bytes.

use crate::config::Config;

/// Smallest class that is ever made for a size that was not recorded.
const SMALLEST: usize = 16;

/// The table of `table(classes)` with spare classes, at most `most` in all: `wanted` classes for recorded sizes where
/// all spare ones fit beside them, else fewer, but not less than half of `most`.
pub(super) fn complete(
    table: impl Fn(usize) -> Vec<usize>,
    wanted: usize,
    most: usize,
    config: &Config,
) -> Vec<usize> {
    let mut classes = wanted.min(most);
    loop {
        let mut tuned = table(classes);
        let spare = steps(&tuned, config);
        let room = most - tuned.len();
        if spare.len() <= room || classes <= most.div_ceil(2) {
            // The largest first: a large block of too little is what costs most.
            tuned.extend(
                spare
                    .iter()
                    .rev()
                    .take(room.max(usize::from(tuned.is_empty()))),
            );
            tuned.sort_unstable();
            return tuned;
        }
        classes -= 1;
    }
}

/// The steps that are missing so that each is at most twice the one before, ascending.
fn steps(tuned: &[usize], config: &Config) -> Vec<usize> {
    let top = top(config);
    let mut missing = Vec::new();
    let mut last = 0;
    for &class in tuned.iter().chain([&top]) {
        while last < class {
            let next = (2 * last).max(SMALLEST).next_multiple_of(config.align);
            if next >= class || next > top {
                break;
            }
            missing.push(next);
            last = next;
        }
        last = last.max(class);
    }
    if tuned.last().is_none_or(|&largest| largest < top) {
        missing.push(top);
    }
    missing
}

/// The largest class that is of use.
fn top(config: &Config) -> usize {
    let half = config.arena / 2;
    let top = config
        .classes
        .iter()
        .map(|payload| payload.next_multiple_of(config.align))
        .rfind(|&payload| payload <= half && !config.prefers_large(payload));
    top.unwrap_or(config.align)
}
