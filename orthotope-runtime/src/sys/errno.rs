//! The C library's error number, which C programs read after calls that succeed, too.

/// Where the calling thread's error number is.
fn place() -> *mut libc::c_int {
    #[cfg(any(target_os = "linux", target_os = "hurd", target_os = "dragonfly"))]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::__errno_location()
    }
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::__errno()
    }
    #[cfg(any(target_os = "freebsd", target_vendor = "apple"))]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::__error()
    }
    #[cfg(any(target_os = "solaris", target_os = "illumos"))]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::___errno()
    }
}

/// The calling thread's error number.
pub(crate) fn errno() -> libc::c_int {
    // SAFETY: the place is the calling thread's own.
    unsafe { place().read() }
}

/// Sets it.
pub(crate) fn set_errno(number: libc::c_int) {
    // SAFETY: the place is the calling thread's own.
    unsafe { place().write(number) };
}
