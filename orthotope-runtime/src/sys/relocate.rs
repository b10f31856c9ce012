//! Moving pages by their tables: `mremap` on Linux, nothing elsewhere.

use core::ptr::NonNull;

use super::Relocation;

/// As [`Os::relocate`](super::Os::relocate).
#[cfg(not(target_os = "linux"))]
pub(super) unsafe fn relocate(_: NonNull<u8>, _: NonNull<u8>, _: usize) -> Relocation {
    Relocation::Unsupported
}

/// As [`Os::relocate`](super::Os::relocate).
///
/// What this relies on, read in `mm/mremap.c` and `mm/msync.c` of Linux, from 5.7, where `MREMAP_DONTUNMAP` came, on:
/// - Unknown flags are refused with `EINVAL`, too many mappings with `ENOMEM`, before anything is unmapped.
/// - The target is unmapped before it is checked that the source lies in one mapping (`EFAULT`; from 6.17 on several
///   may move), that the process is within its limits (`ENOMEM`), and before memory for the tables is had. What
///   fails then leaves a hole, so all that can be asked beforehand is, and a hole is filled.
/// - A mapping that is to grow without `MREMAP_MAYMOVE` is checked in this order: the range lies in one mapping
///   (else `EFAULT`), the limits allow for it (else `EAGAIN` or `ENOMEM`), nothing is mapped behind it (else
///   `ENOMEM`). Something of the reservation always is.
/// - `MREMAP_DONTUNMAP` unlocks all of a mapping of which it moves a part. `MS_INVALIDATE` refuses locked ones, and
///   does nothing else to anonymous memory.
#[cfg(target_os = "linux")]
pub(super) unsafe fn relocate(from: NonNull<u8>, to: NonNull<u8>, bytes: usize) -> Relocation {
    use super::{PAGE_MAX, errno};
    use crate::sync::{AtomicBool, Ordering};

    /// The kernel, or what stands in for it (gVisor, valgrind), does not know the flags.
    static UNSUPPORTED: AtomicBool = AtomicBool::new(false);

    if UNSUPPORTED.load(Ordering::Relaxed) {
        return Relocation::Unsupported;
    }
    let (source, target) = (from.as_ptr().cast(), to.as_ptr().cast());
    // SAFETY: the range is the caller's, and grows no further than to what is mapped behind it: not at all.
    let grown = unsafe { libc::mremap(source, bytes, bytes + PAGE_MAX, 0) };
    match errno() {
        _ if grown != libc::MAP_FAILED => return Relocation::Refused,
        libc::ENOMEM => {}
        libc::EFAULT => return Relocation::Split,
        _ => return Relocation::Refused,
    }
    // SAFETY: it changes nothing.
    let locked = unsafe { libc::msync(source, bytes, libc::MS_INVALIDATE) } != 0;
    if locked || !within_limits() {
        return Relocation::Refused;
    }
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED | libc::MREMAP_DONTUNMAP;
    // SAFETY: both ranges are the caller's, who gives up what is in the target.
    if unsafe { libc::mremap(source, bytes, bytes, flags, target) } == target {
        return Relocation::Done;
    }
    let error = errno();
    fill(to, bytes);
    if error == libc::EINVAL || error == libc::ENOSYS {
        UNSUPPORTED.store(true, Ordering::Relaxed);
        return Relocation::Unsupported;
    }
    Relocation::Refused
}

/// Whether the process may still map something. One that has lowered its limits below what it uses may not: what it
/// unmaps then, it does not get back.
#[cfg(target_os = "linux")]
fn within_limits() -> bool {
    use super::{Os, PAGE_MAX, REAL};
    let Ok(trial) = REAL.map(PAGE_MAX) else {
        return false;
    };
    // SAFETY: nobody knows of it.
    unsafe { REAL.unmap(trial, PAGE_MAX) };
    true
}

/// Maps a range of the caller's again if the kernel unmapped it. If another thread has mapped something there since,
/// the arena is no longer whole, and the process ends. (What cannot be told is a mapping of another's that fills the
/// hole exactly.)
#[cfg(target_os = "linux")]
fn fill(start: NonNull<u8>, bytes: usize) {
    // SAFETY: nothing is to be written back for anonymous memory; what is not mapped throughout is refused.
    if unsafe { libc::msync(start.as_ptr().cast(), bytes, libc::MS_ASYNC) } == 0 {
        return;
    }
    let flags =
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: it replaces nothing that is mapped.
    let filled = unsafe { libc::mmap(start.as_ptr().cast(), bytes, protection, flags, -1, 0) };
    if filled != start.as_ptr().cast() {
        super::die(format_args!(
            "the system unmapped {bytes} bytes of the arena at {start:p}, and they could not be had back"
        ));
    }
}
