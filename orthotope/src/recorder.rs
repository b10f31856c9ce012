//! The recorder as an allocator: counts beside any other one.

use std::alloc::{GlobalAlloc, Layout};
use std::io;
use std::path::Path;

use orthotope_runtime::record;

/// Records what a program asks of its allocator, for `profile = "…"` and the command line `orthotope`.
///
/// It wraps any allocator, which goes on serving: one that the attribute generated, the system's, mimalloc.
///
/// ```
/// use std::alloc::System;
///
/// #[global_allocator]
/// static GLOBAL: orthotope::Recorder<System> = orthotope::Recorder::new(System);
///
/// let served: Vec<String> = (0..100).map(|n| n.to_string()).collect();
/// let path = std::env::temp_dir().join(format!("recorder-example-{}.json", std::process::id()));
/// GLOBAL.write_profile(&path)?;
/// assert!(std::fs::read_to_string(&path)?.contains("\"orthotope_profile\": 1"));
/// # std::fs::remove_file(&path)?;
/// # drop(served);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # When a profile is written
///
/// At the end of the process if the environment variable `ORTHOTOPE_PROFILE` names a file when the first block is
/// asked for (`%p` in it stands for the process's id), and whenever
/// [`write_profile`](Self::write_profile) is called. The end is a return from `main` or [`std::process::exit`]: a process
/// that is killed or aborts writes nothing, and leaves an older file as it was. A service that only ever ends by a
/// signal calls `write_profile` from where it handles that.
///
/// # What it costs
///
/// A few nanoseconds a call, in numbers of the calling thread's own: no lock, no allocation. The process holds 64 bytes
/// for each thread and size that it used, and half a MiB. All recorders of a process write into one recording.
///
/// # What it counts
///
/// For each request size (to 4 KiB in steps of 8 bytes, above in 64 steps a doubling): blocks handed out, live, live at the
/// moment when the process held most, alignments, reallocations, and an estimate of the blocks that another thread
/// freed. The peak is known to within a hundredth. The format is described in `orthotope_runtime::profile`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recorder<A> {
    inner: A,
}

impl<A> Recorder<A> {
    /// Records what `inner` is asked for.
    ///
    /// ```rust,standalone_crate
    /// use orthotope::{OrthotopeGlobalAlloc, Recorder};
    ///
    /// #[global_allocator]
    /// static GLOBAL: Recorder<OrthotopeGlobalAlloc> = Recorder::new(OrthotopeGlobalAlloc::new());
    ///
    /// assert_eq!(GLOBAL.inner(), &OrthotopeGlobalAlloc::new());
    /// ```
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }

    /// The allocator that serves the requests.
    #[must_use]
    pub const fn inner(&self) -> &A {
        &self.inner
    }

    /// Writes what the process's recorders have counted until now to a file, from any thread. A file that was there is
    /// replaced at once; the text is first written to a file beside it whose name ends in `.tmp`.
    ///
    /// # Errors
    ///
    /// Those of the system, after which the old file is as it was; [`io::ErrorKind::InvalidInput`] for a path of more than 4,000 bytes or
    /// with a zero byte in it; [`io::ErrorKind::OutOfMemory`] if the system had no memory to record in.
    pub fn write_profile(&self, path: impl AsRef<Path>) -> io::Result<()> {
        record::write_profile(path.as_ref())
    }
}

// SAFETY: every request goes to `inner`, whose answer is returned as it is; counting touches no block.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recorder<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { self.inner.alloc(layout) };
        if !block.is_null() {
            record::allocated(block, layout.size(), layout.align());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Before the free: afterwards another thread may have the block.
        record::freed(block, layout.size());
        // SAFETY: the caller's promise.
        unsafe { self.inner.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        if !block.is_null() {
            record::allocated(block, layout.size(), layout.align());
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        let moved = unsafe { self.inner.realloc(block, layout, new_size) };
        if !moved.is_null() {
            record::reallocated(block, layout.size(), moved, new_size, layout.align());
        }
        moved
    }
}
