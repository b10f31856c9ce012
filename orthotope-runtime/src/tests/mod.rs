//! Tests of what is not public, with the operating system's double and the validators of every layer.

#[cfg(test)]
mod aligned;
#[cfg(test)]
mod arena;
#[cfg(test)]
mod block;
#[cfg(test)]
mod c_api;
#[cfg(test)]
mod class;
mod double;
#[cfg(test)]
mod every_fault;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod growth;
#[cfg(test)]
mod hardened;
#[cfg(test)]
mod home;
#[cfg(test)]
mod image;
#[cfg(test)]
mod instance;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod lock;
mod model;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod purge;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod relocate;
#[cfg(test)]
mod rng;
#[cfg(test)]
mod thread_limit;
#[cfg(test)]
mod tuner;
#[cfg(test)]
mod turn;

pub use model::{Case, run};
