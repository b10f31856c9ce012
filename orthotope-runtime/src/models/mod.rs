//! Everything that the allocator's threads share without a lock, under loom: each model runs in every order that a few preemptions
//! give, with every value that a weak memory may show.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p orthotope-runtime --lib --release`, with `LOOM_MAX_PREEMPTIONS` for more
//! than the three that [`check`] allows. The files modelled are the runtime's own, compiled over loom's atomics; what surrounds them
//! there asks the system, and is left out.
//!
//! | of | what holds |
//! | --- | --- |
//! | `sys::Bell` | no ring is lost, and who is woken sees why |
//! | `allocator::deferred` | a block pushed is taken once, whole |
//! | `fallback` | a block lent is freed once; a slot serves one block |
//! | `block::Header::release_once` | of two checked frees at once, one succeeds |
//! | `slab::word` | of two frees of a hardened block, or a free and a resize, one succeeds |
//! | `allocator::holders` | the last holder sees all, and comes once, a background thread's look included |
//! | `arena::lanes` with `arena::span` | a parked span is retaken, swept or freed, once |
//! | `arena::span`, `claim` | of two frees of a guarded block, one succeeds; who is late leaves alone what is live there by then |
//! | `sys::Lock` | one holder at a time, who sees what the last did; no sleeper is forgotten |
//! | `sys::turn` | of forks at once, in handlers or not, none waits for ever; one that interrupted nothing leaves no lock |
//! | `global::start` | what is set up is set up once, and seen whole |
//! | `record`'s start, slots and snapshots | the recording is seen whole; no count is lost where one thread goes on with another's slot, or many share one; a peak is not forgotten |
//! | `arena::stir`, with the steps of `allocator::background` | what becomes free is watched or counted, and its thread woken |
//!
//! Not modelled, since no order is asked of them: figures that one thread writes and others read as a guess (a cache's
//! `seen` and `staged_count`, the tops of its stacks, a region's `committed` and `fresh`), and numbers that only have to
//! differ (`next_id`), or to pick one thread of several (the background thread's `STATE`). The figures of `arena::counts` and `arena::budget` are under the arena's lock. A fast free on one
//! thread beside another free of the same block is two writes of one word, and one of them is the program's error: it
//! may go unnoticed, as a free of a block that was handed out again does. A fork stops all other threads: what its
//! handlers do in the child is shown by forking. What the recorder reads of
//! other threads' counts is a guess, too, and whose a sampled block was an estimate.

// Of these files `cfg(loom)` leaves the parents out, since they ask the system.
#[path = "../sys/bell.rs"]
mod bell;
#[path = "../allocator/deferred.rs"]
mod deferred;
#[path = "../sys/futex.rs"]
mod futex;
#[path = "../allocator/holders.rs"]
mod holders;
#[path = "../arena/lanes.rs"]
mod lanes;
#[path = "../sys/lock.rs"]
mod lock;
#[path = "../sys/lock_word.rs"]
mod lock_word;
#[path = "../record/once.rs"]
mod once;
#[path = "../record/recording.rs"]
mod recording;
#[path = "../record/sample.rs"]
mod sample;
#[path = "../sys/signals.rs"]
mod signals;
#[path = "../record/slot.rs"]
mod slot;
#[path = "../arena/span.rs"]
mod span;
#[path = "../global/start.rs"]
mod start;
#[path = "../arena/stir.rs"]
mod stir;
#[path = "../sys/turn.rs"]
mod turn;
#[path = "../slab/word.rs"]
mod word;

#[cfg(test)]
mod of_blocks;
#[cfg(test)]
mod of_forks;
#[cfg(test)]
mod of_locks;
#[cfg(test)]
mod of_recording;
#[cfg(test)]
mod of_spans;

use recording::Recording;
use span::{Kind, Span};

/// Preemptions of a run, unless `LOOM_MAX_PREEMPTIONS` says otherwise: most races need no more.
#[cfg(test)]
const PREEMPTIONS: usize = 3;

/// Runs a model in every order.
#[cfg(test)]
fn check(model: impl Fn() + Send + Sync + 'static) {
    check_with(PREEMPTIONS, model);
}

/// The same with this many preemptions.
#[cfg(test)]
fn check_with(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.check(model);
}
