//! The operating system's double: real memory, but it refuses on demand.

use core::fmt;
use core::ptr::NonNull;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::arena::HUGE_PAGE;
use crate::sync::{AtomicBool, AtomicUsize, Ordering};
use crate::sys::{Os, REAL, Relocation};

/// What can be asked of the system and refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    Reserve,
    Commit,
    Protect,
    Relocate,
    Map,
    Offer,
    Discard,
    Resident,
    AdviseHuge,
}

impl Call {
    pub(super) const ALL: [Self; 9] = [
        Self::Reserve,
        Self::Commit,
        Self::Protect,
        Self::Relocate,
        Self::Map,
        Self::Offer,
        Self::Discard,
        Self::Resident,
        Self::AdviseHuge,
    ];
}

/// Refuses single calls, or reservations beyond a size, and counts what is mapped.
pub(super) struct Double {
    /// Calls that still succeed before one is refused; `usize::MAX` for all.
    pub(super) allowed: AtomicUsize,
    /// Largest reservation granted.
    pub(super) largest: AtomicUsize,
    /// Refuse every commit.
    pub(super) no_commits: AtomicBool,
    /// Refuse every advice.
    pub(super) no_advice: AtomicBool,
    /// Relocations that still succeed before one is refused; `usize::MAX` for all.
    pub(super) moves_allowed: AtomicUsize,
    /// The system knows of no relocations.
    pub(super) no_moves: AtomicBool,
    /// Bytes relocated.
    pub(super) moved: AtomicUsize,
    /// Relocations that met more than one mapping.
    pub(super) splits: AtomicUsize,
    /// Relocations asked for.
    pub(super) moves: AtomicUsize,
    /// Bytes mapped now.
    pub(super) mapped: AtomicUsize,
    /// Bytes offered, discarded, and advised about huge pages.
    pub(super) offered: AtomicUsize,
    pub(super) discarded: AtomicUsize,
    pub(super) advised: AtomicUsize,
    /// The huge pages for which advice was given last, by their addresses.
    huge: Mutex<BTreeSet<usize>>,
    /// Calls made that can be refused.
    pub(super) calls: AtomicUsize,
    /// The same, by what they ask.
    pub(super) asked: [AtomicUsize; Call::ALL.len()],
}

impl Double {
    /// One that refuses nothing yet.
    pub(super) const fn new() -> Self {
        Self {
            allowed: AtomicUsize::new(usize::MAX),
            largest: AtomicUsize::new(usize::MAX),
            no_commits: AtomicBool::new(false),
            no_advice: AtomicBool::new(false),
            moves_allowed: AtomicUsize::new(usize::MAX),
            no_moves: AtomicBool::new(false),
            moved: AtomicUsize::new(0),
            splits: AtomicUsize::new(0),
            moves: AtomicUsize::new(0),
            mapped: AtomicUsize::new(0),
            offered: AtomicUsize::new(0),
            discarded: AtomicUsize::new(0),
            advised: AtomicUsize::new(0),
            huge: Mutex::new(BTreeSet::new()),
            calls: AtomicUsize::new(0),
            asked: [const { AtomicUsize::new(0) }; Call::ALL.len()],
        }
    }

    /// The same, for ever.
    pub(super) fn leaked() -> &'static Self {
        Box::leak(Box::new(Self::new()))
    }

    /// Waits until nothing is mapped any more. The background thread may hold an engine during a tick, and then is the last holder,
    /// who unmaps it.
    ///
    /// # Panics
    ///
    /// If something stays mapped for a minute.
    pub(super) fn wait_until_unmapped(&self, what: impl fmt::Display) {
        let start = Instant::now();
        while self.mapped.load(Ordering::Relaxed) > 0 {
            let waited = start.elapsed();
            assert!(waited < Duration::from_secs(60), "{what}: all is unmapped");
            std::thread::yield_now();
        }
    }

    /// The huge pages for which advice was given last, by their addresses.
    pub(super) fn huge(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.huge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn permit(&self, call: Call) -> io::Result<()> {
        self.asked[call as usize].fetch_add(1, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        let left = self.allowed.load(Ordering::Relaxed);
        if left == usize::MAX {
            return Ok(());
        }
        if left == 0 {
            // One refusal, then the system recovers.
            self.allowed.store(usize::MAX, Ordering::Relaxed);
            return Err(io::Error::from_raw_os_error(libc::ENOMEM));
        }
        self.allowed.store(left - 1, Ordering::Relaxed);
        Ok(())
    }

    fn permit_advice(&self) -> io::Result<()> {
        if self.no_advice.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        Ok(())
    }
}

impl Os for Double {
    fn reserve(&self, bytes: usize) -> io::Result<NonNull<u8>> {
        self.permit(Call::Reserve)?;
        if bytes > self.largest.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let start = REAL.reserve(bytes)?;
        self.mapped.fetch_add(bytes, Ordering::Relaxed);
        Ok(start)
    }

    unsafe fn commit(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        self.permit(Call::Commit)?;
        if self.no_commits.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(libc::ENOMEM));
        }
        // SAFETY: the caller's promise.
        unsafe { REAL.commit(start, bytes) }
    }

    unsafe fn protect(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        self.permit(Call::Protect)?;
        // SAFETY: the caller's promise.
        unsafe { REAL.protect(start, bytes) }
    }

    unsafe fn relocate(&self, from: NonNull<u8>, to: NonNull<u8>, bytes: usize) -> Relocation {
        self.moves.fetch_add(1, Ordering::Relaxed);
        if self.permit(Call::Relocate).is_err() {
            return Relocation::Refused;
        }
        if self.no_moves.load(Ordering::Relaxed) {
            return Relocation::Unsupported;
        }
        match self.moves_allowed.load(Ordering::Relaxed) {
            usize::MAX => {}
            0 => {
                // One refusal, then the system recovers.
                self.moves_allowed.store(usize::MAX, Ordering::Relaxed);
                return Relocation::Refused;
            }
            left => self.moves_allowed.store(left - 1, Ordering::Relaxed),
        }
        // SAFETY: the caller's promise.
        let relocation = unsafe { REAL.relocate(from, to, bytes) };
        match relocation {
            Relocation::Done => {
                self.moved.fetch_add(bytes, Ordering::Relaxed);
                // Advice goes along, and stays where it was.
                let mut huge = self.huge();
                for (from, to) in huge_pages(from, bytes).zip(huge_pages(to, bytes)) {
                    if huge.contains(&from) {
                        huge.insert(to);
                    } else {
                        huge.remove(&to);
                    }
                }
            }
            Relocation::Split => drop(self.splits.fetch_add(1, Ordering::Relaxed)),
            Relocation::Refused | Relocation::Unsupported => {}
        }
        relocation
    }

    fn map(&self, bytes: usize) -> io::Result<NonNull<u8>> {
        self.permit(Call::Map)?;
        let start = REAL.map(bytes)?;
        self.mapped.fetch_add(bytes, Ordering::Relaxed);
        Ok(start)
    }

    unsafe fn offer(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        self.permit(Call::Offer)?;
        self.permit_advice()?;
        self.offered.fetch_add(bytes, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { REAL.offer(start, bytes) }
    }

    unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        self.permit(Call::Discard)?;
        self.permit_advice()?;
        self.discarded.fetch_add(bytes, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { REAL.discard(start, bytes) }
    }

    unsafe fn resident(&self, start: NonNull<u8>, bytes: usize) -> Option<usize> {
        self.permit(Call::Resident).ok()?;
        // SAFETY: the caller's promise.
        unsafe { REAL.resident(start, bytes) }
    }

    unsafe fn advise_huge(&self, start: NonNull<u8>, bytes: usize, wanted: bool) {
        if self.permit(Call::AdviseHuge).is_ok() && self.permit_advice().is_ok() {
            self.advised.fetch_add(bytes, Ordering::Relaxed);
            for page in huge_pages(start, bytes) {
                if wanted {
                    self.huge().insert(page);
                } else {
                    self.huge().remove(&page);
                }
            }
            // SAFETY: the caller's promise.
            unsafe { REAL.advise_huge(start, bytes, wanted) };
        }
    }

    unsafe fn unmap(&self, start: NonNull<u8>, bytes: usize) {
        self.mapped.fetch_sub(bytes, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { REAL.unmap(start, bytes) };
    }
}

/// The addresses of the huge pages that lie whole in a range.
fn huge_pages(start: NonNull<u8>, bytes: usize) -> impl Iterator<Item = usize> {
    let start = start.as_ptr().addr();
    (start.next_multiple_of(HUGE_PAGE)..(start + bytes) / HUGE_PAGE * HUGE_PAGE).step_by(HUGE_PAGE)
}
