//! Where a request meets the heap profile: counted before it is served, looked up before a block is freed.
//!
//! Stands at the doors that programs come in by, and at no other: what the runtime asks of itself was counted there. All
//! but a subtraction, a load and a branch each is cold. Without the feature `profiling`, `unsampled` is in its place.

use core::ptr::NonNull;

use super::Generated;
use crate::error::FreeError;
use crate::heap::{Heap, Sampler, Snapshot};
use crate::thread_cache::{Locals, Phase};

/// Counts a request of `size` bytes. Whether [`alloc`] must serve it.
#[inline(always)]
pub(super) fn is_due<G: Generated>(size: usize) -> bool {
    // SAFETY: `Generated` promises this thread's locals.
    unsafe { G::locals().as_ref() }.sampler.count(size)
}

/// Whether the block may be in the table: whether [`free`] must see to it.
#[inline(always)]
pub(super) fn is_watched<G: Generated>(block: *mut u8) -> bool {
    G::runtime().heap.may_hold(block.addr())
}

/// What `serve` returns, picked if the request is to be.
#[cold]
#[inline(never)]
pub(super) fn alloc<G: Generated>(size: usize, serve: impl FnOnce() -> *mut u8) -> *mut u8 {
    let picked = pick::<G>(size);
    let block = serve();
    if let Some(interval) = picked {
        record(&G::runtime().heap, G::locals(), block, size, interval);
    }
    block
}

/// The same of a block that `serve` makes of another, which is given up unless null is returned.
#[cold]
#[inline(never)]
pub(super) fn realloc<G: Generated>(
    block: *mut u8,
    size: usize,
    serve: impl FnOnce() -> *mut u8,
) -> *mut u8 {
    let heap = &G::runtime().heap;
    // SAFETY: `Generated` promises this thread's locals.
    let is_due = unsafe { G::locals().as_ref() }.sampler.is_due();
    let picked = if is_due { pick::<G>(size) } else { None };
    let sample = heap.take(block.addr());
    let moved = serve();
    if let Some(sample) = sample
        && moved.is_null()
        && size != 0
    {
        heap.restore(sample);
    }
    if let Some(interval) = picked {
        record(heap, G::locals(), moved, size, interval);
    }
    moved
}

/// Frees a block that may be in the table.
#[cold]
#[inline(never)]
pub(super) fn free<G: Generated>(block: *mut u8, free: impl FnOnce()) {
    G::runtime().heap.take(block.addr());
    free();
}

/// The same where the free may be refused.
#[cold]
#[inline(never)]
pub(super) fn try_free<G: Generated>(
    block: NonNull<u8>,
    free: impl FnOnce() -> Result<(), FreeError>,
) -> Result<(), FreeError> {
    let heap = &G::runtime().heap;
    let sample = heap.take(block.as_ptr().addr());
    let freed = free();
    if let Some(sample) = sample
        && freed.is_err()
    {
        heap.restore(sample);
    }
    freed
}

/// The interval, if a request that is due is to be picked. Not inside the slow path: the thread may hold any lock there.
fn pick<G: Generated>(size: usize) -> Option<usize> {
    // SAFETY: `Generated` promises this thread's locals.
    let head = unsafe { G::locals().as_ref() };
    if head.phase.get() == Phase::Busy {
        return None;
    }
    let heap = &G::runtime().heap;
    head.sampler
        .pick(heap, size, || heap.start(G::WRITE_HEAP_AT_EXIT))
}

fn record(heap: &Heap, locals: NonNull<Locals>, block: *mut u8, size: usize, interval: usize) {
    if !block.is_null() {
        // SAFETY: callers pass the calling thread's locals.
        let sampler: &Sampler = &unsafe { locals.as_ref() }.sampler;
        sampler.inside(|| heap.record(block, size, interval));
    }
}

/// What the type's allocator holds, by stack.
pub fn heap_snapshot<G: Generated>() -> Snapshot {
    G::runtime().heap.snapshot()
}

/// Bytes between two samples of the type's allocator, on average, from now on; 0 takes none. A thread that is on its way to
/// a sample finishes it first.
pub fn set_heap_sample_interval<G: Generated>(bytes: usize) {
    G::runtime().heap.set_interval(bytes);
}

/// Calls `visit`, during which this thread takes no samples of the type's allocator.
pub fn without_heap_samples<G: Generated, R>(visit: impl FnOnce() -> R) -> R {
    // SAFETY: `Generated` promises this thread's locals.
    unsafe { G::locals().as_ref() }.sampler.inside(visit)
}
