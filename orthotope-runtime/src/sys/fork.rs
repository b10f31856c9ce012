//! What happens when the process forks: the child has one thread, and must find no lock held by another.

use crate::sync::{AtomicU32, Ordering};

/// Functions around a fork.
#[derive(Clone, Copy)]
pub(crate) struct ForkHooks {
    /// Takes every lock.
    pub(crate) prepare: extern "C" fn(),
    /// Gives them back, in the parent.
    pub(crate) parent: extern "C" fn(),
    /// The same in the child, where no other thread lives on.
    pub(crate) child: extern "C" fn(),
}

static REGISTERED: AtomicU32 = AtomicU32::new(0);

/// Has the hooks run at every fork from now on. The first call counts; all make the same.
pub(crate) fn on_fork(hooks: ForkHooks) {
    if REGISTERED
        .compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed)
        .is_err()
    {
        return;
    }
    let ForkHooks {
        prepare,
        parent,
        child,
    } = hooks;
    // SAFETY: the functions are `extern "C"` and live as long as the code does. `libc` declares them as unsafe ones,
    // which safe ones are too.
    unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
}
