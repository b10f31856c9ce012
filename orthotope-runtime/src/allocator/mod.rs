//! The allocator: the parts below, put together and routed by size and by pointer.
//!
//! [`Engine`] is one allocator's shared state, the same for instances and for generated statics; a
//! [`Visit`] is one trip of a thread through its slow path. [`Allocator`] and [`ThreadCache`] are the
//! instance API. Knows nothing of `GlobalAlloc`.
//!
//! Around an engine, each uses only what is before it: `engine`, `engines` (the list of all), `background` (the thread that
//! ticks for all), `forks`, `setup` (an engine's way onto the list and off it).

mod background;
mod deferred;
mod engine;
mod engines;
mod find;
mod forks;
mod hardened;
mod holders;
mod instance;
mod marked;
mod measures;
mod parked;
mod resize;
mod setup;
mod snapshot;
mod thread_cache;
#[cfg(any(test, fuzzing))]
mod validate;
mod visit;

pub(crate) use engine::Engine;
pub(crate) use find::Sizes;
pub(crate) use forks::starting;
pub use instance::Allocator;
pub use thread_cache::ThreadCache;
pub(crate) use visit::{Visit, leave_thread};
