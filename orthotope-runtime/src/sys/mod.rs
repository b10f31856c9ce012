//! The operating-system seam: address space, locks, threads, forks, loaded libraries, the last words
//! of a process.
//!
//! Everything that differs between systems is behind this module, and all that is asked for memory is
//! behind the trait [`Os`], so that a double can refuse what the real system would not. Knows
//! nothing of sizes, classes or blocks.

mod bell;
mod clock;
mod errno;
mod exit;
mod fork;
mod futex;
mod lock;
mod lock_word;
#[cfg(feature = "profiling")]
mod objects;
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    not(target_feature = "crt-static")
))]
mod pin;
mod prefetch;
mod process;
mod real;
mod relocate;
mod report;
mod signals;
mod thread;
mod turn;
mod words;

use core::ptr::NonNull;
use std::io;

pub(crate) use bell::Bell;
pub(crate) use clock::now;
pub(crate) use errno::{errno, set_errno};
pub(crate) use exit::{AtExit, on_thread_exit, prepare_thread_exit};
pub(crate) use fork::{ForkHooks, on_fork};
pub(crate) use lock::{Guard, Lock, forget_thread, pass_on_wake, thread_id};
pub(crate) use lock_word::LockWord;
#[cfg(feature = "profiling")]
pub use objects::{Object, objects};
pub(crate) use prefetch::prefetch;
pub(crate) use process::{File, at_exit, environment, process_id, thread_lives, yield_now};
pub(crate) use real::{REAL, entropy, page_bytes};
pub(crate) use report::{die, say};
pub(crate) use signals::undisturbed;
pub(crate) use thread::{is_first_thread, is_left_alone, name_thread, start_thread};
pub(crate) use turn::{Locks, Turn};

/// What the runtime asks of the system. All sizes are bytes and multiples of the page size.
///
/// An implementation neither allocates through the global allocator nor panics.
pub(crate) trait Os: Sync {
    /// Reserves address space that faults until it is committed.
    fn reserve(&self, bytes: usize) -> io::Result<NonNull<u8>>;

    /// Makes reserved address space readable and writable. What was never written reads as zero.
    ///
    /// # Safety
    ///
    /// `start..start + bytes` lies in one live reservation of this `Os`.
    unsafe fn commit(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()>;

    /// Makes committed address space fault again, whatever it holds, until it is committed once more.
    ///
    /// # Safety
    ///
    /// As for [`commit`](Self::commit), and nobody uses the range meanwhile.
    unsafe fn protect(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()>;

    /// Moves the pages of one range to another, whose own are dropped. Unless that is done, `from` is as it was, and
    /// `to` holds anything.
    ///
    /// # Safety
    ///
    /// Both ranges are committed, lie in live reservations of this `Os`, which do not end with them, and do not
    /// overlap. Nobody uses what is in `to`, nor `from` meanwhile.
    unsafe fn relocate(&self, from: NonNull<u8>, to: NonNull<u8>, bytes: usize) -> Relocation;

    /// Reserves and commits at once; memory is still used only as it is touched.
    fn map(&self, bytes: usize) -> io::Result<NonNull<u8>>;

    /// Tells the system that it may take the memory whenever it wants. Until it is written again, it reads as it
    /// was, or as zero.
    ///
    /// # Safety
    ///
    /// The range is committed, of one reservation of this `Os`, page-aligned, and nobody needs what it holds.
    unsafe fn offer(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()>;

    /// Gives the memory back and keeps the address space committed: it reads as zero.
    ///
    /// # Safety
    ///
    /// As for [`offer`](Self::offer).
    unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()>;

    /// How many pages of a range, at most [`RESIDENT_MOST`], are in memory; `None` if the system does not say. Pages that
    /// were swapped out are not, though they hold something.
    ///
    /// # Safety
    ///
    /// The range is committed, of one reservation of this `Os`, and page-aligned.
    unsafe fn resident(&self, start: NonNull<u8>, bytes: usize) -> Option<usize>;

    /// Advises for or against huge pages. Advice may be refused: that is no error.
    ///
    /// # Safety
    ///
    /// The range lies in one reservation of this `Os`, page-aligned.
    unsafe fn advise_huge(&self, start: NonNull<u8>, bytes: usize, wanted: bool);

    /// Gives address space back.
    ///
    /// # Safety
    ///
    /// `start` and `bytes` are those of one live reservation, and nothing in it is used again.
    unsafe fn unmap(&self, start: NonNull<u8>, bytes: usize);
}

/// Most pages that [`Os::resident`] is asked about at once.
pub(crate) const RESIDENT_MOST: usize = 64;

/// What came of [`Os::relocate`].
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "only Linux moves pages by their tables")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relocation {
    /// `from` reads as zero, `to` as `from` did.
    Done,
    /// The range lies in more than one mapping: a shorter one may not.
    Split,
    /// Not this time, or not this range.
    Refused,
    /// Never.
    Unsupported,
}

/// Largest page size of any supported system; what is a multiple of it is page-aligned everywhere.
pub(crate) const PAGE_MAX: usize = 64 << 10;
