//! An engine's way onto the list of all and off it: what a fork and the background thread are to know of it.

use core::ptr::NonNull;

use super::engine::Engine;
use super::{engines, forks};
use crate::config::Config;
use crate::error::InitError;
use crate::sys::Os;

impl Engine {
    /// Sets an allocator up; with `degrade`, a smaller arena where the system refuses this one.
    pub(crate) fn new(
        os: &'static dyn Os,
        config: Config,
        degrade: bool,
    ) -> Result<NonNull<Self>, InitError> {
        let engine = Self::make(os, config, degrade)?;
        forks::look_after();
        // SAFETY: whoever unmaps it, `release` or the background thread, takes it off the list before.
        unsafe { engines::list(engine) };
        Ok(engine)
    }

    /// Counts one holder less; the last unmaps everything.
    ///
    /// # Safety
    ///
    /// The caller is a holder, and uses neither the engine nor a block of it again.
    pub(crate) unsafe fn release(engine: NonNull<Self>) {
        // SAFETY: the caller is a holder.
        let this = unsafe { engine.as_ref() };
        if this.forget_holder() {
            // SAFETY: it was listed when it was made.
            unsafe { engines::unlist(engine) };
            // SAFETY: nobody holds the engine any more, nor finds it.
            unsafe { Self::unmap(engine) };
        }
    }
}
