//! Second frees of blocks whose memory went back meanwhile, their headers with it.

use core::ptr::NonNull;

use super::{Bench, MIB, default_preset, schedule};
use crate::arena::Schedule;
use crate::config::Purge;
use crate::error::FreeError;
use crate::sys::Os;

#[test]
fn a_double_free_is_told_after_its_page_was_purged() {
    let bench = Bench::new(default_preset());
    let blocks: Vec<_> = (0..2_000).map(|_| bench.alloc(4_096)).collect();
    let large = bench.alloc(20 * MIB);
    for &block in &blocks {
        bench.free(block, 4_096);
    }
    bench.free(large, 20 * MIB);
    bench.flush();
    bench.settle(schedule());
    for &block in &blocks {
        // SAFETY: the block is not live: the free is refused.
        let freed = unsafe { bench.visit().free_checked(block, Some(4_096)) };
        assert_eq!(freed, Err(FreeError::DoubleFree));
    }
    // SAFETY: as above.
    let freed = unsafe { bench.visit().free_checked(large, Some(20 * MIB)) };
    assert_eq!(freed, Err(FreeError::AlreadyFreedOrUnknownLarge));
    bench.engine.validate();
}

#[test]
fn a_second_free_is_told_though_the_system_took_the_header() {
    let bench = Bench::new(default_preset());
    let large = bench.alloc(20 * MIB);
    bench.free(large, 20 * MIB);
    bench.tick(Schedule::of(Purge::Never));
    bench.tick(Schedule::of(Purge::Never));
    let start = large.as_ptr().wrapping_sub(64);
    let page = NonNull::new(start).expect("no arena starts at null");
    // What the kernel may do to offered memory.
    // SAFETY: the page is free.
    unsafe { bench.os.discard(page, 4_096) }.expect("the page goes");
    // SAFETY: the block is not live: the free is refused.
    let freed = unsafe { bench.visit().free_checked(large, Some(20 * MIB)) };
    assert_eq!(freed, Err(FreeError::AlreadyFreedOrUnknownLarge));
}
