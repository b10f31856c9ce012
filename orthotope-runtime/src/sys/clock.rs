//! A clock that only goes forward.

use core::time::Duration;

/// Time since some moment in the past, which no change of the clock moves.
pub(crate) fn now() -> Duration {
    // SAFETY: all zero is a valid time.
    let mut time = unsafe { core::mem::zeroed::<libc::timespec>() };
    // SAFETY: the place is valid.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
