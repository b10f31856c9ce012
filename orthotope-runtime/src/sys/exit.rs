//! What happens when a thread exits: hooks that run as late as the platform allows.
//!
//! A key of `pthread_key_create` carries a per-thread list of [`AtExit`] nodes. Its destructor runs
//! after the destructors of `thread_local!` values, and re-arms itself while rounds remain, so that
//! allocations by other keys' destructors still find a cached thread. `thread_local!` values with a
//! destructor are no alternative: registering one allocates.

use core::ptr;

use super::words::{Words, with_words};
use crate::sync::{AtomicU64, Ordering};

/// A hook in the list of its thread. Lives in the runtime's metadata; never moved while listed.
pub(crate) struct AtExit {
    pub(crate) run: unsafe fn(*mut AtExit),
    pub(crate) next: *mut AtExit,
}

/// Rounds of a thread's destructors that pass before the hooks run: every system makes at least four.
const ROUNDS_BEFORE: u32 = 2;

/// 0: no key yet; otherwise the key plus one.
static KEY: AtomicU64 = AtomicU64::new(0);

/// Makes the process's key. Call it at start-up: an early key is a low one, and setting a key below
/// 32 allocates nothing in libc. Without a key, threads that exit keep their caches.
pub(crate) fn prepare_thread_exit() {
    #[cfg(all(
        target_os = "linux",
        target_env = "gnu",
        not(target_feature = "crt-static")
    ))]
    core::hint::black_box(&raw const super::pin::PIN);
    if KEY.load(Ordering::Relaxed) != 0 {
        return;
    }
    let mut key: libc::pthread_key_t = 0;
    // SAFETY: `key` is a valid place, and the destructor follows the C calling convention.
    if unsafe { libc::pthread_key_create(&raw mut key, Some(thread_exits)) } != 0 {
        return;
    }
    // Some systems number keys with a signed type; none gives out a negative one.
    let made = key as u64 + 1;
    if KEY
        .compare_exchange(0, made, Ordering::Relaxed, Ordering::Relaxed)
        .is_err()
    {
        // SAFETY: another thread was first; nobody has seen this key.
        unsafe { libc::pthread_key_delete(key) };
    }
}

/// Runs `hook` when the calling thread exits. Hooks run in reverse order.
///
/// # Safety
///
/// `hook` stays valid and in place until it has run.
pub(crate) unsafe fn on_thread_exit(hook: *mut AtExit) {
    with_words(|words| {
        // SAFETY: the caller vouches for the node, and only this thread sees its list.
        unsafe { (*hook).next = words.hooks.get() };
        words.hooks.set(hook);
        arm(words);
    });
}

/// Gives the key a value, so that its destructor is called.
fn arm(words: &Words) {
    if let Some(key) = KEY.load(Ordering::Relaxed).checked_sub(1) {
        // SAFETY: the key was made by `prepare_thread_exit` and is never deleted once published.
        unsafe {
            libc::pthread_setspecific(key as libc::pthread_key_t, ptr::from_ref(words).cast())
        };
    }
}

unsafe extern "C" fn thread_exits(_: *mut libc::c_void) {
    with_words(|words| {
        if words.rounds.get() < ROUNDS_BEFORE {
            words.rounds.set(words.rounds.get() + 1);
            return arm(words);
        }
        while !words.hooks.get().is_null() {
            let hook = words.hooks.get();
            // SAFETY: `on_thread_exit`'s caller keeps listed nodes valid until they have run.
            words.hooks.set(unsafe { (*hook).next });
            // SAFETY: as above; the node's function takes the node itself.
            unsafe { ((*hook).run)(hook) };
        }
    });
}
