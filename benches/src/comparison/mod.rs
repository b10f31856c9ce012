//! What every comparison needs, whatever it compares: allocators against each other, each cell of the table in
//! a process of its own, taken in turns.
//!
//! `selection` says what was asked for, `rounds` goes through it in the order of `turns`, `child` asks one process,
//! `statistics` has the middle of the answers; `circumstances`, with `machine` and `versions`, says where the numbers
//! come from, and `units` how a number is written. Knows no workload.

pub(crate) mod child;
pub(crate) mod circumstances;
pub(crate) mod rounds;
pub(crate) mod selection;
pub(crate) mod statistics;
pub(crate) mod turns;
pub(crate) mod units;

mod machine;
mod versions;

/// What an allocator is in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// To be beaten.
    Rival,
    /// One of our configurations.
    Ours,
}

/// Exit code for a request that cannot be met.
pub(crate) const USAGE: u8 = 2;
