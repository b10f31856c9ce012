//! The recorder: what a program asks of its allocator, counted while it runs.
//!
//! Owns one recording a process, mapped at the first allocation and never unmapped, and the file that it is written to.
//! Knows nothing of the allocator that serves the requests: `orthotope::Recorder` calls in here beside it.
//!
//! Invariants:
//!
//! - A thread counts in a slot of its own, which it alone writes: two loads and stores for each count, no lock and no
//!   locked instruction. Slots are sums: a thread that ends leaves its slot as it is, and the next thread goes on
//!   with it. Threads beyond 511 at a time, and threads whose exit hook has run, share the first slot and count
//!   with locked instructions.
//! - Nothing here allocates, and nothing waits but [`write_profile`]: a snapshot that another thread is at is left
//!   to it.
//!
//! Read on in this order: here, `once`, `slot`, `recording`, `sample`, `output`.

mod once;
mod output;
mod recording;
mod sample;
mod slot;

use core::cell::Cell;
use core::ptr;
use std::io;
use std::path::Path;

use once::Once;
pub(crate) use recording::Recording;
#[cfg(test)]
pub(crate) use slot::SLOTS;
pub(crate) use slot::{Event, Slot};

use crate::sys::{AtExit, REAL, at_exit, on_thread_exit, prepare_thread_exit};

/// What a thread needs for counting. All zero until its first request.
struct Local {
    slot: Cell<*const Slot>,
    /// Bytes by which the thread changed what is live, and has not told.
    untold: Cell<i64>,
}

std::thread_local! {
    static LOCAL: Local = const { Local { slot: Cell::new(ptr::null()), untold: Cell::new(0) } };
}

/// The process's recording.
static RECORDING: Once<Recording> = Once::new();

/// Counts a block that was handed out for `size` bytes, aligned to `align`, a power of two.
///
/// ```
/// use orthotope_runtime::record;
///
/// let block = Box::into_raw(Box::new(7_u64));
/// record::allocated(block.cast(), 8, 8);
/// # // SAFETY: made by `Box`.
/// # drop(unsafe { Box::from_raw(block) });
/// ```
#[inline]
pub fn allocated(block: *mut u8, size: usize, align: usize) {
    count(block, Event::allocation(size, align));
}

/// Counts a block that is about to be freed, and was asked for with `size` bytes.
///
/// ```
/// use orthotope_runtime::record;
///
/// let block = Box::into_raw(Box::new(7_u64));
/// record::allocated(block.cast(), 8, 8);
/// record::freed(block.cast(), 8);
/// # // SAFETY: made by `Box`.
/// # drop(unsafe { Box::from_raw(block) });
/// ```
#[inline]
pub fn freed(block: *mut u8, size: usize) {
    count(block, Event::free(size));
}

/// Counts a block of `new` bytes, aligned to `align`, that `realloc` made of one of `old` bytes.
///
/// ```
/// use orthotope_runtime::record;
///
/// let (from, to) = (Box::into_raw(Box::new(7_u64)), Box::into_raw(Box::new([7_u64; 2])));
/// record::allocated(from.cast(), 8, 8);
/// record::reallocated(from.cast(), 8, to.cast(), 16, 8);
/// # // SAFETY: made by `Box`.
/// # drop(unsafe { Box::from_raw(to) });
/// # // SAFETY: made by `Box`.
/// # drop(unsafe { Box::from_raw(from) });
/// ```
#[inline]
pub fn reallocated(from: *mut u8, old: usize, to: *mut u8, new: usize, align: usize) {
    count(from, Event::free(old));
    count(to, Event::reallocation(new, align));
}

#[inline]
fn count(block: *mut u8, event: Event) {
    LOCAL.with(|local| {
        // SAFETY: a slot is never unmapped.
        let Some(slot) = (unsafe { local.slot.get().as_ref() }) else {
            return count_first_slow(local, block, event);
        };
        slot.count(event);
        if sample::is_sampled(block.addr()) {
            sample_slow(slot, block, event);
        }
        let untold = local.untold.get() + event.bytes();
        local.untold.set(untold);
        if slot.recording().is_due(untold) {
            tell_slow(local, slot);
        }
    });
}

#[cold]
#[inline(never)]
fn count_first_slow(local: &Local, block: *mut u8, event: Event) {
    let Some(recording) = running() else {
        return;
    };
    if !local.slot.get().is_null() {
        // To start it, the system was asked for something for which it allocated.
        return count(block, event);
    }
    let slot = recording.claim();
    local.slot.set(slot);
    if !slot.is_shared() {
        let hook = slot.hook().cast::<AtExit>();
        let node = AtExit {
            run: leave,
            next: ptr::null_mut(),
        };
        // SAFETY: the slot is this thread's alone, and its hook in no list until now.
        unsafe { hook.write(node) };
        // SAFETY: slots are never unmapped or moved.
        unsafe { on_thread_exit(hook) };
    }
    count(block, event);
}

/// The exit hook: what the thread still asks for is counted in the shared slot.
///
/// # Safety
///
/// `hook` is that of the calling thread's slot.
unsafe fn leave(_: *mut AtExit) {
    LOCAL.with(|local| {
        // SAFETY: a slot is never unmapped.
        if let Some(slot) = unsafe { local.slot.get().as_ref() } {
            tell_slow(local, slot);
            let recording = slot.recording();
            local.slot.set(recording.shared());
            recording.leave(slot);
        }
    });
}

#[cold]
#[inline(never)]
fn sample_slow(slot: &Slot, block: *mut u8, event: Event) {
    let samples = slot.recording().samples();
    if event.is_free() {
        if let Some(owner) = samples.take(block.addr())
            && owner != slot.index()
        {
            slot.count_remote(event);
        }
    } else {
        samples.put(block.addr(), slot.index());
    }
}

#[cold]
#[inline(never)]
fn tell_slow(local: &Local, slot: &Slot) {
    slot.recording().tell(local.untold.take());
}

/// The process's recording, started by whoever comes first; `None` while it starts, and where the system refused it.
fn running() -> Option<&'static Recording> {
    RECORDING.get().or_else(start)
}

/// Maps the recording, and has it written at the end of the process if its environment asks for that.
fn start() -> Option<&'static Recording> {
    let recording = RECORDING.make(|| {
        let recording = Recording::map(&REAL).ok()?;
        prepare_thread_exit();
        Some(recording)
    })?;
    if output::asked_for() {
        at_exit(write_at_exit);
    }
    Some(recording)
}

/// Writes what was recorded until now, from any thread: a file that is whole, or an error and none.
///
/// A file that was at `path` is replaced at once, by renaming. The work is done in a file beside it whose name ends
/// with the process's id and `.tmp`.
///
/// # Errors
///
/// Those of the system; [`io::ErrorKind::InvalidInput`] for a path that is too long or contains a zero byte, and
/// [`io::ErrorKind::OutOfMemory`] if the system had no memory to record in.
///
/// ```
/// use orthotope_runtime::record;
///
/// let path = std::env::temp_dir().join(format!("record-example-{}.json", std::process::id()));
/// record::write_profile(&path)?;
/// assert!(std::fs::read_to_string(&path)?.contains("\"orthotope_profile\": 1"));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_profile(path: &Path) -> io::Result<()> {
    let recording = running().ok_or(io::ErrorKind::OutOfMemory)?;
    settle(recording);
    output::write(recording, path.as_os_str().as_encoded_bytes())
}

/// Counts what the calling thread has not told, so that its own program finds it in the profile.
fn settle(recording: &Recording) {
    LOCAL.with(|local| recording.tell(local.untold.take()));
}

extern "C" fn write_at_exit() {
    if let Some(recording) = running() {
        settle(recording);
        output::write_where_asked(recording);
    }
}
