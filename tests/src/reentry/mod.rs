//! Proof that an allocator's metadata comes neither from the global allocator nor from libc.
//!
//! Owns the watch: [`Watched`] is a global allocator that passes every call on to the one under test and
//! notes, for the calling thread, that it is inside. Whoever asks for memory while a thread is inside
//! (the global allocator through `Watched` again, or libc through the `malloc` family that the
//! `reentry-*` binaries put in libc's place) is named on standard error, and the process aborts.
//!
//! What the contract sends to `System` (empty layouts, and alignments above a limit) may ask libc, and
//! is told apart by its layout alone.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

mod exit;
mod workload;

pub use workload::{Subject, main};

thread_local! {
    /// Const and without a destructor: reading it never allocates, not even while a thread exits.
    static INSIDE: Cell<Inside> = const { Cell::new(Inside::Nothing) };
}

/// Calls of libc's family seen so far: without any the proof would be void.
static LIBC_CALLS: AtomicUsize = AtomicUsize::new(0);

/// What the current thread is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    /// Ordinary code: everything is allowed.
    Nothing,
    /// The allocator under test, for a layout that is `System`'s: libc may be asked.
    Fallback,
    /// The allocator under test: nobody may be asked.
    Allocator,
    /// The thread's exit, after the last of its own code: nobody may be asked.
    Exit,
}

/// Marks the current thread as inside until it is dropped.
struct Entered {
    before: Inside,
}

impl Entered {
    fn new(inside: Inside, call: &str) -> Self {
        let before = INSIDE.get();
        // A test that fails under watch may say why, although its message costs memory.
        if before != Inside::Nothing && !thread::panicking() {
            refuse(format_args!(
                "global allocator: {call} while inside {before:?}"
            ));
        }
        INSIDE.set(inside);
        Self { before }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        INSIDE.set(self.before);
    }
}

/// Runs `call`, during which the current thread may ask nobody for memory.
pub fn watch<R>(call: impl FnOnce() -> R) -> R {
    let _entered = Entered::new(Inside::Allocator, "a watched call");
    call()
}

/// To be called by whatever stands in libc's place, with the name of the function.
pub fn libc_asked(function: &str) {
    LIBC_CALLS.fetch_add(1, Ordering::Relaxed);
    let inside = INSIDE.get();
    // A thread's exit may free what libc itself allocated for the thread.
    let own = inside == Inside::Exit && function == "free";
    if matches!(inside, Inside::Allocator | Inside::Exit) && !own && !thread::panicking() {
        refuse(format_args!("libc: {function} while inside {inside:?}"));
    }
}

/// Runs `create`, which makes a thread: libc allocates for it. To be called by whatever stands in libc's place.
///
/// What the allocator's background thread takes once, as a thread, is not metadata.
pub fn thread_created<R>(create: impl FnOnce() -> R) -> R {
    let before = INSIDE.replace(Inside::Nothing);
    let created = create();
    INSIDE.set(before);
    created
}

/// Says what went wrong without allocating, and aborts.
fn refuse(what: fmt::Arguments<'_>) -> ! {
    INSIDE.set(Inside::Nothing);
    let mut line = [0; 160];
    let mut rest = &mut line[..];
    // A line that is too long is cut, which is all that can go wrong.
    let _ = writeln!(rest, "asked for memory from the {what}");
    let unused = rest.len();
    // SAFETY: the buffer is live and at least that long.
    unsafe { libc::write(2, line.as_ptr().cast(), line.len() - unused) };
    std::process::abort()
}

/// An allocator under watch.
#[derive(Debug)]
pub struct Watched<A> {
    allocator: A,
    align: usize,
}

impl<A> Watched<A> {
    /// Watches `allocator`, whose contract sends alignments above `align` to `System`.
    pub const fn new(allocator: A, align: usize) -> Self {
        Self { allocator, align }
    }

    fn enter(&self, call: &str, layout: Layout) -> Entered {
        let fallback = layout.size() == 0 || layout.align() > self.align;
        Entered::new(
            if fallback {
                Inside::Fallback
            } else {
                Inside::Allocator
            },
            call,
        )
    }
}

// SAFETY: every call goes to `allocator` unchanged, which is a global allocator.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Watched<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _entered = self.enter("alloc", layout);
        // SAFETY: the caller's promise, passed on unchanged.
        unsafe { self.allocator.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let _entered = self.enter("dealloc", layout);
        // SAFETY: the caller's promise, passed on unchanged.
        unsafe { self.allocator.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let _entered = self.enter("alloc_zeroed", layout);
        // SAFETY: the caller's promise, passed on unchanged.
        unsafe { self.allocator.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _entered = self.enter("realloc", layout);
        // SAFETY: the caller's promise, passed on unchanged.
        unsafe { self.allocator.realloc(block, layout, size) }
    }
}
