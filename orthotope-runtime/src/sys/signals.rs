//! The calling thread's signals.

use core::ptr;

/// Does `work`, which no handler of the thread's own interrupts. A thread that is started meanwhile blocks all signals.
pub(super) fn undisturbed<R>(work: impl FnOnce() -> R) -> R {
    if cfg!(loom) {
        return work();
    }
    // SAFETY: all zero is a valid value of either plain C type, and each is initialised before it is read.
    let (mut all, mut before) = unsafe { core::mem::zeroed::<(libc::sigset_t, libc::sigset_t)>() };
    // SAFETY: both sets are valid places.
    unsafe {
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
    }
    let result = work();
    // SAFETY: `before` was filled in above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    result
}
