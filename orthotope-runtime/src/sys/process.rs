//! The process: its id, its environment, its end, and files written without allocating.

use core::ffi::CStr;
use std::io;

/// The process's id, positive.
pub(crate) fn process_id() -> u32 {
    // SAFETY: `getpid` has no preconditions.
    unsafe { libc::getpid() }.unsigned_abs()
}

/// Whether the process still has the thread of this number, which [`thread_id`](super::thread_id) gave it. Another may have got
/// the number since.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn thread_lives(number: u32) -> bool {
    // SAFETY: signal 0 is none: the system only looks whether it could be sent.
    unsafe { libc::syscall(libc::SYS_tgkill, process_id(), number, 0) == 0 }
}

/// The same where numbers are not the system's, and nobody can be asked: not that it is known.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn thread_lives(_: u32) -> bool {
    false
}

/// Lets another thread go first.
pub(crate) fn yield_now() {
    // SAFETY: `sched_yield` has no preconditions.
    unsafe { libc::sched_yield() };
}

/// Runs `hook` when the process ends by returning from `main` or calling `exit`. May be refused: then it does not run.
pub(crate) fn at_exit(hook: extern "C" fn()) {
    // SAFETY: the function lives as long as the code does.
    unsafe { libc::atexit(hook) };
}

/// A variable of the environment, as it is now; of a program that runs with more rights than who started it, none.
pub(crate) fn environment(name: &CStr) -> Option<&'static CStr> {
    if is_privileged() {
        return None;
    }
    // SAFETY: the name is a C string.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    // SAFETY: a value is a C string, which stays in place unless the program changes its environment, which Rust
    // allows only while no other thread reads it.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_privileged() -> bool {
    // SAFETY: it takes no pointer.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_privileged() -> bool {
    // SAFETY: none of them takes a pointer, or fails.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}

/// A file being written.
pub(crate) struct File(libc::c_int);

impl File {
    /// Creates a file, or empties the one that is there.
    pub(crate) fn create(path: &CStr) -> io::Result<Self> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC;
        // SAFETY: the path is a C string; a mode goes with `O_CREAT`.
        let descriptor = unsafe { libc::open(path.as_ptr(), flags, 0o666 as libc::c_uint) };
        if descriptor < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(Self(descriptor))
        }
    }

    pub(crate) fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            // SAFETY: the buffer is as long as stated.
            let written = unsafe { libc::write(self.0, bytes.as_ptr().cast(), bytes.len()) };
            match usize::try_from(written) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(_) => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    /// Gives the file, created at `from`, the name `to`, once it is whole on its disk.
    pub(crate) fn keep_as(&self, from: &CStr, to: &CStr) -> io::Result<()> {
        // SAFETY: the descriptor is open.
        if unsafe { libc::fsync(self.0) } != 0 {
            let error = io::Error::last_os_error();
            // Pipes and some file systems have nothing to wait for.
            if error.raw_os_error() != Some(libc::EINVAL) {
                return Err(error);
            }
        }
        // SAFETY: both are C strings.
        if unsafe { libc::rename(from.as_ptr(), to.as_ptr()) } == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Removes a file that is not wanted; that it stays is no error.
    pub(crate) fn remove(path: &CStr) {
        // SAFETY: the path is a C string.
        unsafe { libc::unlink(path.as_ptr()) };
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the descriptor is open, and not used again.
        unsafe { libc::close(self.0) };
    }
}
