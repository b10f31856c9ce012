//! The real system: `mmap`, `mprotect`, `munmap`.

use core::ptr::{self, NonNull};
use std::io;

use super::Os;

/// The system that every allocator outside tests stands on.
pub(crate) static REAL: Real = Real;

/// Anonymous private mappings.
pub(crate) struct Real;

impl Os for Real {
    fn reserve(&self, bytes: usize) -> io::Result<NonNull<u8>> {
        map_anonymous(bytes, libc::PROT_NONE)
    }

    unsafe fn commit(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        // SAFETY: the caller names a range of its own reservation, so no other mapping changes.
        let status = unsafe {
            libc::mprotect(
                start.as_ptr().cast(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
            )
        };
        if status == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    fn map(&self, bytes: usize) -> io::Result<NonNull<u8>> {
        map_anonymous(bytes, libc::PROT_READ | libc::PROT_WRITE)
    }

    unsafe fn unmap(&self, start: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller gives up one whole reservation of its own.
        let status = unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
        debug_assert_eq!(status, 0, "unmapping a whole reservation cannot fail");
    }
}

/// Address space is not memory: say so where the system wants to be told.
#[cfg(not(any(target_os = "freebsd", target_os = "dragonfly")))]
const NO_RESERVE: libc::c_int = libc::MAP_NORESERVE;
#[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
const NO_RESERVE: libc::c_int = 0;

fn map_anonymous(bytes: usize, protection: libc::c_int) -> io::Result<NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | NO_RESERVE;
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing that exists.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(start.cast()).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))
}

/// Bytes that an attacker cannot guess, as good as the system offers without blocking.
pub(crate) fn entropy() -> u64 {
    let mut bytes = [0_u8; 8];
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    // SAFETY: the buffer is as long as stated. A failure leaves zeros, which the address below still varies.
    unsafe {
        libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), libc::GRND_NONBLOCK)
    };
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    // SAFETY: the buffer is as long as stated.
    unsafe {
        libc::getentropy(bytes.as_mut_ptr().cast(), bytes.len())
    };
    u64::from_ne_bytes(bytes) ^ (&raw const bytes).addr() as u64
}
