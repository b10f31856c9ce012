//! The allocator: the parts below, put together and routed by size and by pointer.
//!
//! [`Engine`] is one allocator's shared state, the same for instances and for generated statics; a
//! [`Visit`] is one trip of a thread through its slow path. [`Allocator`] and [`ThreadCache`] are the
//! instance API. Knows nothing of `GlobalAlloc`.

mod deferred;
mod engine;
mod find;
mod hardened;
mod helper;
mod holders;
mod instance;
mod marked;
mod measures;
mod resize;
mod snapshot;
mod thread_cache;
mod visit;

pub(crate) use engine::Engine;
pub(crate) use find::Sizes;
pub(crate) use helper::starting;
pub use instance::Allocator;
pub use thread_cache::ThreadCache;
pub(crate) use visit::{Visit, leave_thread};
