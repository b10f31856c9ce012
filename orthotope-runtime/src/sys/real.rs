//! The real system: `mmap`, `mprotect`, `munmap`, and `mremap` where it can move pages.

use core::ptr::{self, NonNull};
use std::io;

use super::{Os, PAGE_MAX, Relocation, relocate};
use crate::sync::{AtomicUsize, Ordering};

/// The system that every allocator outside tests stands on.
pub(crate) static REAL: Real = Real;

/// Anonymous private mappings.
pub(crate) struct Real;

impl Os for Real {
    fn reserve(&self, bytes: usize) -> io::Result<NonNull<u8>> {
        map_anonymous(bytes, libc::PROT_NONE)
    }

    unsafe fn commit(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        // SAFETY: the caller's promise.
        unsafe { permit(start, bytes, libc::PROT_READ | libc::PROT_WRITE) }
    }

    unsafe fn protect(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        // SAFETY: the caller's promise.
        unsafe { permit(start, bytes, libc::PROT_NONE) }
    }

    unsafe fn relocate(&self, from: NonNull<u8>, to: NonNull<u8>, bytes: usize) -> Relocation {
        // SAFETY: the caller's promise.
        unsafe { relocate::relocate(from, to, bytes) }
    }

    fn map(&self, bytes: usize) -> io::Result<NonNull<u8>> {
        map_anonymous(bytes, libc::PROT_READ | libc::PROT_WRITE)
    }

    unsafe fn offer(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        // SAFETY: by the caller's promise nobody needs the contents.
        unsafe { advise(start, bytes, libc::MADV_FREE) }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        // SAFETY: as in `offer`.
        unsafe { advise(start, bytes, libc::MADV_DONTNEED) }
    }

    /// Elsewhere the same advice promises no zeros; a fresh mapping in place of the old one does.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | NO_RESERVE;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the caller's own committed range, whose contents nobody needs.
        let mapped = unsafe { libc::mmap(start.as_ptr().cast(), bytes, protection, flags, -1, 0) };
        if mapped == libc::MAP_FAILED {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe fn resident(&self, start: NonNull<u8>, bytes: usize) -> Option<usize> {
        let mut told = [0_u8; super::RESIDENT_MOST];
        let pages = bytes / page_bytes();
        debug_assert!(pages <= told.len());
        // SAFETY: there is a byte for each page of the range.
        let status = unsafe { libc::mincore(start.as_ptr().cast(), bytes, told.as_mut_ptr()) };
        (status == 0).then(|| told[..pages].iter().filter(|&&byte| byte & 1 != 0).count())
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    unsafe fn resident(&self, _: NonNull<u8>, _: usize) -> Option<usize> {
        None
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe fn advise_huge(&self, start: NonNull<u8>, bytes: usize, wanted: bool) {
        // Values, not flags: one or the other.
        let advice = if wanted {
            libc::MADV_HUGEPAGE
        } else {
            libc::MADV_NOHUGEPAGE
        };
        // SAFETY: such advice changes no contents.
        let _ = unsafe { advise(start, bytes, advice) };
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    unsafe fn advise_huge(&self, _: NonNull<u8>, _: usize, _: bool) {}

    unsafe fn unmap(&self, start: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller gives up one whole reservation of its own.
        let status = unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
        debug_assert_eq!(status, 0, "unmapping a whole reservation cannot fail");
    }
}

/// # Safety
///
/// The range lies in one reservation of the caller's, and nobody uses it in a way that is forbidden from now on.
unsafe fn permit(start: NonNull<u8>, bytes: usize, protection: libc::c_int) -> io::Result<()> {
    // SAFETY: the caller names a range of its own reservation, so no other mapping changes.
    if unsafe { libc::mprotect(start.as_ptr().cast(), bytes, protection) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// # Safety
///
/// The range is the caller's, and nobody needs what `advice` may take from it.
unsafe fn advise(start: NonNull<u8>, bytes: usize, advice: libc::c_int) -> io::Result<()> {
    // SAFETY: the caller's promise.
    if unsafe { libc::madvise(start.as_ptr().cast(), bytes, advice) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Bytes of a page of memory, at most [`PAGE_MAX`].
pub(crate) fn page_bytes() -> usize {
    static BYTES: AtomicUsize = AtomicUsize::new(0);
    let known = BYTES.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    // SAFETY: `sysconf` has no preconditions.
    let told = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let bytes = usize::try_from(told)
        .ok()
        .filter(|bytes| bytes.is_power_of_two())
        .map_or(PAGE_MAX, |bytes| bytes.min(PAGE_MAX));
    BYTES.store(bytes, Ordering::Relaxed);
    bytes
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
