//! The design, as a chapter: prose and figures, no code.
//!
//! In reading order: [`layers`], [`life_of_a_block`], [`life_of_a_slab`], [`large_blocks`], [`thread_exit`], [`purge`], [`fork`],
//! [`invariants`], [`memory_ordering`]. Names in `code` are those of the sources, private ones included.

#[doc = include_str!("design/layers.md")]
pub mod layers {}

#[doc = include_str!("design/life_of_a_block.md")]
pub mod life_of_a_block {}

#[doc = include_str!("design/life_of_a_slab.md")]
pub mod life_of_a_slab {}

#[doc = include_str!("design/large_blocks.md")]
pub mod large_blocks {}

#[doc = include_str!("design/thread_exit.md")]
pub mod thread_exit {}

#[doc = include_str!("design/purge.md")]
pub mod purge {}

#[doc = include_str!("design/fork.md")]
pub mod fork {}

#[doc = include_str!("design/invariants.md")]
pub mod invariants {}

#[doc = include_str!("design/memory_ordering.md")]
pub mod memory_ordering {}
