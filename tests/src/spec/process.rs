//! The process-wide allocator, for one test at a time.
//!
//! No binary that uses this module installs `OrthotopeGlobalAlloc`: each of its blocks came from a test
//! that runs [`alone`] and is reached through raw pointers alone, but for a [`Piece`](super::piece::Piece),
//! which no test frees here while it owns it. That makes the frees of this module safe to call.

use core::ptr::NonNull;
use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

use orthotope::{AllocatorStats, FreeError, SizeClass};

static TURN: Mutex<()> = Mutex::new(());

/// Runs `body` in a fresh thread while no other test uses the process-wide allocator.
///
/// The thread has exited, its cache published, when this returns.
pub fn alone<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    in_thread(body)
}

/// Runs `body` in a fresh thread, which has exited when this returns.
pub fn in_thread<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    // The scope alone would not wait for the destructors of thread-local values; the join does.
    thread::scope(|scope| scope.spawn(body).join())
        .unwrap_or_else(|panic| panic::resume_unwind(panic))
}

/// An address that may go to another thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel(NonNull<u8>);

impl Parcel {
    /// Packs an address up.
    #[must_use]
    pub const fn new(address: NonNull<u8>) -> Self {
        Self(address)
    }

    /// The address. A method, so that a closure captures the parcel and not what is in it.
    #[must_use]
    pub const fn open(self) -> NonNull<u8> {
        self.0
    }
}

// SAFETY: the address is a number to whoever receives it; what lies there is reached with a proof of its own.
unsafe impl Send for Parcel {}

/// A block of `size` bytes.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn alloc(size: usize) -> NonNull<u8> {
    orthotope::allocate(size).unwrap_or_else(|error| panic!("{size} bytes: {error}"))
}

/// Frees whatever is at `at`.
///
/// # Errors
///
/// The allocator's.
pub fn free(at: NonNull<u8>) -> Result<(), FreeError> {
    // SAFETY: a block, if it is one, is reached through raw pointers alone, whose users vouch for themselves.
    unsafe { orthotope::deallocate(at) }
}

/// Frees whatever is at `at`, as `size` bytes.
///
/// # Errors
///
/// The allocator's.
pub fn free_sized(at: NonNull<u8>, size: usize) -> Result<(), FreeError> {
    // SAFETY: as in `free`.
    unsafe { orthotope::deallocate_with_size(at, size) }
}

/// Statistics.
///
/// # Panics
///
/// If the allocator could not be set up.
#[must_use]
pub fn stats() -> AllocatorStats {
    orthotope::global_stats().expect("the process-wide allocator can be set up")
}

/// Blocks of `class` in the central pool.
#[must_use]
pub fn central(class: SizeClass) -> usize {
    stats().small_central[class.index()].blocks
}
