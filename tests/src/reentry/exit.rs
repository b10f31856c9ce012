//! The last moments of a thread, under watch.
//!
//! A pthread key's destructor marks the thread as exiting. The allocator under test re-arms its own key
//! while iterations remain, so that its hook runs in a later iteration than this one, when nothing of the
//! thread's own code can run any more: from then on nobody may ask for memory.

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{INSIDE, Inside};

static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();

/// Threads whose last moments were watched.
static WATCHED: AtomicUsize = AtomicUsize::new(0);

/// From now on the current thread's exit is watched.
///
/// # Panics
///
/// If the process has no pthread key left.
pub(super) fn watch_exit() {
    let key = *KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: `key` may be written, and the destructor takes whatever value the key has.
        let error = unsafe { libc::pthread_key_create(&raw mut key, Some(exiting)) };
        assert_eq!(error, 0, "no pthread key left");
        key
    });
    // SAFETY: the key exists and is never deleted; the value is only ever compared with null.
    let error = unsafe { libc::pthread_setspecific(key, (&raw const KEY).cast()) };
    assert_eq!(error, 0, "the key's value cannot be set");
}

/// How many threads were watched to their end.
pub(super) fn watched() -> usize {
    WATCHED.load(Ordering::Relaxed)
}

extern "C" fn exiting(_value: *mut c_void) {
    INSIDE.set(Inside::Exit);
    WATCHED.fetch_add(1, Ordering::Relaxed);
}
