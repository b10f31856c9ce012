//! The static behind a generated type: its engine, set up by the first thread that needs it.

use super::start::Started;
use crate::allocator::{Engine, starting};
use crate::arena::Home;
use crate::config::Config;
use crate::error::InitError;
#[cfg(feature = "profiling")]
use crate::heap::Heap;
use crate::sys::{Os, REAL};

/// The shared state of one generated allocator.
///
/// ```
/// use orthotope_runtime::global::Runtime;
///
/// // One a generated type: `Generated` shows where it goes.
/// static RUNTIME: Runtime = Runtime::new();
/// # let _ = &RUNTIME;
/// ```
pub struct Runtime {
    engine: Started<Engine, InitError>,
    home: Home,
    /// The system that the arena will be of, if not the real one.
    os: Option<&'static dyn Os>,
    /// The blocks that were sampled.
    #[cfg(feature = "profiling")]
    pub(super) heap: Heap,
}

impl Runtime {
    /// An allocator that has not been used yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is a static's initialiser")]
    pub const fn new() -> Self {
        Self::of(None)
    }

    /// The same on another system.
    #[cfg(any(test, fuzzing))]
    pub(crate) const fn on(os: &'static dyn Os) -> Self {
        Self::of(Some(os))
    }

    /// All zero for the real system, so that the static takes no room in the program's file.
    const fn of(os: Option<&'static dyn Os>) -> Self {
        Self {
            engine: Started::new(),
            home: Home::new(),
            os,
            #[cfg(feature = "profiling")]
            heap: Heap::new(),
        }
    }

    /// The page directory of the home region, where blocks are looked up in it: empty before there is an engine.
    #[inline(always)]
    pub(super) fn home(&self) -> &Home {
        &self.home
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
        let make = || {
            let engine = Engine::new(self.os.unwrap_or(&REAL), *config, true)?;
            if config.marks() || config.hardened {
                // SAFETY: the engine has just been made, and nobody else knows it.
                self.home.set(unsafe { engine.as_ref() }.arena.home());
            }
            Ok(engine)
        };
        // SAFETY: we hold the lock of all statics. An engine is never released that a static holds.
        unsafe { self.engine.start(make) }
    }
}
