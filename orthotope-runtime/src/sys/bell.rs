//! The bell that a thread of the runtime's own waits for. Modelled in `models::of_locks`.

use core::time::Duration;

use super::futex::{sleep_while, wake_one};
use crate::sync::{AtomicU32, Ordering, constant};

const SILENT: u32 = 0;
const RUNG: u32 = 1;

/// Wakes the one thread that waits for it. A ring that nobody hears is heard by the next to wait.
pub(crate) struct Bell {
    word: AtomicU32,
}

impl Bell {
    constant! {
        pub(crate) fn new() -> Self {
            Self {
                word: AtomicU32::new(SILENT),
            }
        }
    }

    pub(crate) fn ring(&self) {
        // Release pairs with the Acquire in `wait`: who is woken sees why.
        if self.word.swap(RUNG, Ordering::Release) == SILENT {
            wake_one(&self.word);
        }
    }

    /// Waits for a ring, or for `time` to pass.
    pub(crate) fn wait(&self, time: Option<Duration>) {
        if self.word.swap(SILENT, Ordering::Acquire) == SILENT {
            sleep_while(&self.word, SILENT, time);
            self.word.swap(SILENT, Ordering::Acquire);
        }
    }

    /// Forgets a ring.
    pub(crate) fn silence(&self) {
        self.word.store(SILENT, Ordering::Relaxed);
    }
}
