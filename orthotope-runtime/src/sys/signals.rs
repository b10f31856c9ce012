//! The calling thread's signals. Knows nothing of what they would interrupt.

use core::ptr;

/// Does `work`, which no handler of the thread's own interrupts. A thread that is started meanwhile blocks all signals.
pub(crate) fn undisturbed<R>(work: impl FnOnce() -> R) -> R {
    if cfg!(loom) {
        return work();
    }
    // SAFETY: all zero is a valid value of either plain C type, and each is initialised before it is read.
    let (mut all, mut before) = unsafe { core::mem::zeroed::<(libc::sigset_t, libc::sigset_t)>() };
    // SAFETY: the set is a valid place.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: the first set was filled in above, the second is a valid place.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
    let result = work();
    // SAFETY: `before` was filled in above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    result
}
