//! Tests of what is not public, with the operating system's double and the validators of every layer.

mod aligned;
mod arena;
mod block;
mod class;
mod double;
mod every_fault;
mod faults;
mod generated;
mod growth;
mod hardened;
mod instance;
mod lanes;
mod lock;
mod purge;
mod relocate;
mod rng;
mod thread_limit;
