//! The static behind a generated type: its engine, set up by the first thread that needs it.

use core::cell::UnsafeCell;
use core::ptr::{self, NonNull};

use crate::allocator::{Engine, starting};
use crate::config::Config;
use crate::error::InitError;
use crate::sync::{AtomicPtr, Ordering};
use crate::sys::{Os, REAL};

/// The shared state of one generated allocator.
///
/// Invariants: `engine` is null until it is set once, for ever; `failure` is written at most once, under
/// the lock of `starting`, and only while `engine` is null: the first failure is what all are told, until a later attempt
/// succeeds. Whatever made it fail may have been lifted by then.
pub struct Runtime {
    engine: AtomicPtr<Engine>,
    failure: UnsafeCell<Option<InitError>>,
    /// The system that the arena will be of.
    os: &'static dyn Os,
}

// SAFETY: `failure` is written under the lock, and read only under it or after it was seen written there.
unsafe impl Sync for Runtime {}

impl Runtime {
    /// An allocator that has not been used yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is a static's initialiser")]
    pub const fn new() -> Self {
        Self::on(&REAL)
    }

    /// The same on any system.
    pub(crate) const fn on(os: &'static dyn Os) -> Self {
        Self {
            engine: AtomicPtr::new(ptr::null_mut()),
            failure: UnsafeCell::new(None),
            os,
        }
    }

    /// The engine, if there is one already.
    #[inline]
    pub(crate) fn started(&self) -> Option<&'static Engine> {
        // Acquire pairs with the Release in `start`: who sees the engine sees what is in it.
        let engine = NonNull::new(self.engine.load(Ordering::Acquire))?;
        // SAFETY: a published engine is never released: the static is its holder.
        Some(unsafe { engine.as_ref() })
    }

    /// The engine, set up with `config` by whoever comes first.
    pub(super) fn engine(
        &'static self,
        config: &Config,
    ) -> Result<&'static Engine, &'static InitError> {
        match self.started() {
            Some(engine) => Ok(engine),
            None => self.start(config),
        }
    }

    #[cold]
    fn start(&'static self, config: &Config) -> Result<&'static Engine, &'static InitError> {
        let _starting = starting();
        if let Some(engine) = self.started() {
            return Ok(engine);
        }
        match Engine::new(self.os, *config, true) {
            Ok(engine) => {
                // Release pairs with the Acquire in `started`.
                self.engine.store(engine.as_ptr(), Ordering::Release);
                // SAFETY: as in `started`.
                Ok(unsafe { engine.as_ref() })
            }
            Err(error) => {
                // SAFETY: we hold the lock, under which alone it is written.
                if let Some(failure) = unsafe { &*self.failure.get() } {
                    return Err(failure);
                }
                // SAFETY: we hold the lock, and nobody has a reference to the `None` that was there. The
                // value is never written again, so this reference may live as long as the static.
                Err(unsafe { &mut *self.failure.get() }.insert(error))
            }
        }
    }
}
