//! The static behind a generated type: its engine, set up by the first thread that needs it.

use super::start::Started;
use crate::allocator::{Engine, starting};
use crate::config::Config;
use crate::error::InitError;
use crate::sys::{Os, REAL};

/// The shared state of one generated allocator.
pub struct Runtime {
    engine: Started<Engine, InitError>,
    /// The system that the arena will be of.
    os: &'static dyn Os,
}

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
            engine: Started::new(),
            os,
        }
    }

    /// The engine, if there is one already.
    #[inline]
    pub(crate) fn started(&self) -> Option<&'static Engine> {
        self.engine.get()
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
        // SAFETY: we hold the lock of all statics. An engine is never released that a static holds.
        unsafe { self.engine.start(|| Engine::new(self.os, *config, true)) }
    }
}
