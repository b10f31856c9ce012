//! Memory for the allocator's own records: never the global allocator's, never libc's.
//!
//! Records are cut from chunks mapped for the purpose, rounded up to powers of two, and recycled by
//! size. Nothing goes back to the system before the arena does.
//!
//! Invariants, checked by `Meta::validate`: `chunks` lists every mapping made; a record is either with its user or in
//! the list `free[log2(size)]`, and no two overlap.

use core::mem;
use core::ptr::{self, NonNull};

use crate::sys::{Lock, LockWord, Os, PAGE_MAX};

/// Smallest record: a cache line, so that records of different users never share one.
const RECORD_MIN: usize = 64;
const CHUNK_BYTES: usize = 1 << 20;

/// The records of one arena.
pub(crate) struct Meta {
    os: &'static dyn Os,
    state: Lock<State>,
}

struct State {
    /// Latest first.
    chunks: *mut Chunk,
    /// `mapped == Σ bytes` over `chunks`.
    mapped: usize,
    /// `next + left` is the end of the first chunk; both are null and 0 before there is one.
    next: *mut u8,
    /// Bytes.
    left: usize,
    /// Records given back, those of 2ⁿ bytes in the list with index n.
    free: [*mut Free; usize::BITS as usize],
}

/// The start of a mapping.
struct Chunk {
    next: *mut Chunk,
    bytes: usize,
}

/// A record that waits for its next user.
struct Free {
    next: *mut Free,
}

// SAFETY: the pointers lead to memory that `State` owns and that only the lock's holder walks.
unsafe impl Send for State {}

impl Meta {
    pub(crate) const fn new(os: &'static dyn Os) -> Self {
        let state = State {
            chunks: ptr::null_mut(),
            mapped: 0,
            next: ptr::null_mut(),
            left: 0,
            free: [ptr::null_mut(); usize::BITS as usize],
        };
        Self {
            os,
            state: Lock::new(state),
        }
    }

    /// Memory for a record of `bytes`, aligned to 64, all zero. `None` if the system refuses.
    pub(crate) fn take(&self, bytes: usize) -> Option<NonNull<u8>> {
        let bytes = record_bytes(bytes)?;
        let mut state = self.state.lock();
        let list = &mut state.free[bytes.ilog2() as usize];
        if let Some(record) = NonNull::new(*list) {
            // SAFETY: a listed record is ours, large enough for the link, and unused.
            *list = unsafe { record.as_ref() }.next;
            drop(state);
            // SAFETY: the record is `bytes` long by the list it was in, and now nobody else's.
            unsafe { record.cast::<u8>().write_bytes(0, bytes) };
            return Some(record.cast());
        }
        state.cut(self.os, bytes)
    }

    /// Takes a record back.
    ///
    /// # Safety
    ///
    /// `record` came from `take(bytes)` of this `Meta` and is not used again.
    pub(crate) unsafe fn give(&self, record: NonNull<u8>, bytes: usize) {
        let Some(bytes) = record_bytes(bytes) else {
            return;
        };
        let mut state = self.state.lock();
        let list = &mut state.free[bytes.ilog2() as usize];
        let free = record.cast::<Free>();
        // SAFETY: the record is the caller's to give, at least 64 bytes long and aligned to 64.
        unsafe { free.write(Free { next: *list }) };
        *list = free.as_ptr();
    }

    /// Bytes of chunks that were cut into records.
    pub(super) fn used(&self) -> usize {
        let state = self.state.lock();
        state.mapped - state.left
    }

    /// What a fork sees of the lock.
    pub(super) fn word(&self) -> &LockWord {
        self.state.word()
    }

    /// Unmaps every record.
    ///
    /// # Safety
    ///
    /// No record is used again. `self` may itself live in one: it is not touched after the first unmapping.
    pub(super) unsafe fn unmap_all(&self) {
        let os = self.os;
        let mut chunk = mem::replace(&mut self.state.lock().chunks, ptr::null_mut());
        while let Some(mapping) = NonNull::new(chunk) {
            // SAFETY: listed chunks are live mappings that start with their `Chunk`.
            let Chunk { next, bytes } = unsafe { mapping.read() };
            // SAFETY: the caller gives up every record, hence every chunk.
            unsafe { os.unmap(mapping.cast(), bytes) };
            chunk = next;
        }
    }
}

impl State {
    /// Cuts `bytes`, a power of two of at least 64, from the current chunk or a new one.
    fn cut(&mut self, os: &dyn Os, bytes: usize) -> Option<NonNull<u8>> {
        if self.left < bytes {
            self.map_chunk(os, bytes)?;
        }
        let record = self.next;
        self.left -= bytes;
        // SAFETY: at least `bytes` were left behind `next` in its chunk.
        self.next = unsafe { record.add(bytes) };
        NonNull::new(record)
    }

    fn map_chunk(&mut self, os: &dyn Os, bytes: usize) -> Option<()> {
        let bytes = bytes
            .checked_add(RECORD_MIN)?
            .max(CHUNK_BYTES)
            .checked_next_multiple_of(PAGE_MAX)?;
        let chunk = os.map(bytes).ok()?.cast::<Chunk>();
        // SAFETY: the mapping is fresh, writable, page-aligned and longer than a `Chunk`.
        unsafe {
            chunk.write(Chunk {
                next: self.chunks,
                bytes,
            })
        };
        self.chunks = chunk.as_ptr();
        self.mapped += bytes;
        // SAFETY: a chunk is longer than `RECORD_MIN`, which holds a `Chunk` and keeps the alignment.
        self.next = unsafe { chunk.cast::<u8>().as_ptr().add(RECORD_MIN) };
        self.left = bytes - RECORD_MIN;
        Some(())
    }
}

fn record_bytes(bytes: usize) -> Option<usize> {
    bytes.max(RECORD_MIN).checked_next_power_of_two()
}

#[cfg(any(test, fuzzing))]
impl Meta {
    /// Panics if an invariant of the module does not hold.
    pub(crate) fn validate(&self) {
        let state = self.state.lock();
        let (mut mapped, mut chunks) = (0, Vec::new());
        let mut next = state.chunks;
        while let Some(chunk) = NonNull::new(next) {
            // SAFETY: listed chunks are live mappings that start with their `Chunk`.
            let Chunk { next: older, bytes } = unsafe { chunk.read() };
            let start = chunk.as_ptr().addr();
            if chunks.is_empty() {
                let end = state.next.addr() + state.left;
                assert_eq!(end, start + bytes, "next + left is the chunk's end");
            }
            chunks.push(start + RECORD_MIN..start + bytes);
            mapped += bytes;
            next = older;
        }
        assert_eq!(state.mapped, mapped, "mapped is the sum of the chunks");
        let uncut = state.next.addr()..state.next.addr() + state.left;
        let mut records = vec![uncut];
        for (size, &list) in state.free.iter().enumerate() {
            let mut next = list;
            while let Some(record) = NonNull::new(next) {
                let start = record.as_ptr().addr();
                assert!(start.is_multiple_of(RECORD_MIN), "records are aligned");
                let held = |chunk: &core::ops::Range<usize>| {
                    chunk.start <= start && start + (1 << size) <= chunk.end
                };
                assert!(chunks.iter().any(held), "a record lies in a chunk");
                records.push(start..start + (1 << size));
                // SAFETY: a listed record is ours, and starts with its link.
                next = unsafe { record.as_ref() }.next;
            }
        }
        records.sort_unstable_by_key(|record| record.start);
        let apart = records.windows(2).all(|two| two[0].end <= two[1].start);
        assert!(apart, "no two records overlap, and none is uncut");
    }
}
