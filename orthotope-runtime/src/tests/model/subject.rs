//! What an allocator must offer to be played with.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::case::Way;
use crate::config::Config;
use crate::stats::Stats;
use crate::tests::double::Double;

/// Panics unless the allocator says that no block is live, and none lies in a cache.
pub(super) fn check_empty(stats: &Stats) {
    assert_eq!(stats.large_live, 0, "every large block came back");
    for class in &stats.classes {
        assert_eq!((class.live, class.cached), (0, 0), "{class:?}");
    }
    assert_eq!(stats.allocated, 0, "{stats:?}");
}

pub(super) trait Subject {
    /// What it was made with. `None` if the system was asked for too much.
    fn config(&self) -> Option<&Config>;

    /// The system that it asks.
    fn system(&self) -> &'static Double;

    /// Whether it takes alignments beyond the configuration's.
    fn over_aligns(&self) -> bool;

    /// A block, all zero if so wanted; `None` if there is none.
    fn alloc(&mut self, thread: usize, layout: Layout, zeroed: bool) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// The block is live, came with this layout, and nobody uses it any more.
    unsafe fn free(&mut self, thread: usize, block: NonNull<u8>, layout: Layout, way: Way);

    /// A block of another size with the same contents; `None` if there is none, and the block is as it was.
    ///
    /// # Safety
    ///
    /// The block is live and came with this layout.
    unsafe fn realloc(
        &mut self,
        thread: usize,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>>;

    /// Bytes of a live block that its holder may use.
    fn usable(&mut self, thread: usize, block: NonNull<u8>, layout: Layout) -> usize;

    fn flush(&mut self, thread: usize);

    /// One tick of the purge's clock.
    fn tick(&mut self);

    /// Everything free goes back, but for what other threads' caches hold.
    fn purge(&mut self, thread: usize);

    /// Ends a thread, or begins one where none is.
    fn leave(&mut self, thread: usize);

    /// Panics if an invariant of any layer does not hold.
    fn validate(&mut self);

    /// Panics unless no block is live. All threads are flushed.
    fn check_empty(&mut self);

    /// Ends it. Panics if it leaves anything mapped that it should not.
    fn finish(&mut self);
}
