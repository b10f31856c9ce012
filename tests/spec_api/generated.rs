//! What the default preset has from the attribute that made it (SPEC section 6, "The generated type").

use core::ptr::NonNull;
use core::time::Duration;

use orthotope::{
    AllocError, Config, Exhausted, FreeError, HugePages, OrthotopeGlobalAlloc, Purge, SizeClass,
    Stats,
};
use orthotope_tests::spec::process;

/// SPEC 6: "The generated type is a zero-sized `Copy + Send + Sync + 'static` type".
#[test]
fn the_type_is_zero_sized() {
    const fn is_marker<T: Copy + Send + Sync + 'static>() {}
    is_marker::<OrthotopeGlobalAlloc>();
    assert_eq!(size_of::<OrthotopeGlobalAlloc>(), 0);
}

/// SPEC 6: "`CONFIG`, `CLASSES: &'static [usize]`"; its arena: ""64GiB" for statics, `OrthotopeGlobalAlloc` included";
/// SPEC 4: the default preset's figures.
#[test]
fn config_and_classes_are_the_default_presets() {
    const CONFIG: Config = OrthotopeGlobalAlloc::CONFIG;
    const CLASSES: &[usize] = OrthotopeGlobalAlloc::CLASSES;
    let config = CONFIG;
    assert_eq!(config.arena, 64 << 30);
    assert_eq!(config.align, 64);
    assert!(config.header);
    assert_eq!(config.refill, 32 << 10);
    assert_eq!(config.cache, 64 << 10);
    assert_eq!(CONFIG.classes, CLASSES);
    assert_eq!(CLASSES, SizeClass::ALL.map(SizeClass::payload_size));
}

/// SPEC 6, the default column of `thread_limit`, `exhausted`, `purge` and `huge_pages`: "none in `"tensor"`", ""grow"",
/// ""10s"", ""system"".
#[test]
fn what_the_default_preset_keeps_and_gives_back() {
    let config = OrthotopeGlobalAlloc::CONFIG;
    assert_eq!(config.thread_limit, None);
    assert_eq!(config.exhausted, Exhausted::Grow);
    assert_eq!(config.purge, Purge::After(Duration::from_secs(10)));
    assert_eq!(config.huge_pages, HugePages::System);
}

/// SPEC 6: "`allocate`, `deallocate`, `deallocate_with_size`, `usable_size`, and `stats() -> Stats`".
#[test]
fn the_functions_have_the_signatures_of_the_process_wide_ones() {
    let _: fn(usize) -> Result<NonNull<u8>, AllocError> = OrthotopeGlobalAlloc::allocate;
    let _: unsafe fn(NonNull<u8>) -> Result<(), FreeError> = OrthotopeGlobalAlloc::deallocate;
    let _: unsafe fn(NonNull<u8>, usize) -> Result<(), FreeError> =
        OrthotopeGlobalAlloc::deallocate_with_size;
    let _: unsafe fn(NonNull<u8>) -> Result<usize, FreeError> = OrthotopeGlobalAlloc::usable_size;
    let _: fn() -> Stats = OrthotopeGlobalAlloc::stats;
}

/// SPEC 3: "The process-wide functions use `OrthotopeGlobalAlloc`'s arena": what one hands out, the other takes back.
#[test]
fn the_functions_and_the_process_wide_ones_are_interchangeable() {
    process::alone(|| {
        for size in [1, 64, 5_000, 20 << 20] {
            let block = OrthotopeGlobalAlloc::allocate(size).expect("memory");
            assert_eq!(process::free_sized(block, size), Ok(()));
            let block = process::alloc(size);
            // SAFETY: the block is live and not used afterwards.
            let freed = unsafe { OrthotopeGlobalAlloc::deallocate(block) };
            assert_eq!(freed, Ok(()));
            // SAFETY: nobody else uses this arena, so it is no live block; the refusal is what is asked for.
            let twice = unsafe { OrthotopeGlobalAlloc::deallocate_with_size(block, size) };
            assert!(twice.is_err(), "{size}: {twice:?}");
        }
    });
}

/// SPEC 6: "`stats() -> Stats`, whose `classes` is a slice with an entry a class": its counts follow what is done, and
/// agree with `global_stats`.
#[test]
fn stats_has_an_entry_a_class() {
    process::alone(|| {
        let find = |stats: &Stats, class: SizeClass| stats.classes[class.index()];
        let class = SizeClass::B4K;
        let before = OrthotopeGlobalAlloc::stats();
        assert_eq!(before.classes.len(), 12);
        for class in SizeClass::ALL {
            assert_eq!(find(&before, class).payload, class.payload_size());
            assert_eq!(find(&before, class).stride, class.block_size());
        }
        let blocks = [0; 3].map(|_| process::alloc(4_096));
        let large = process::alloc(20 << 20);
        let during = OrthotopeGlobalAlloc::stats();
        assert_eq!(find(&during, class).live, find(&before, class).live + 3);
        assert_eq!(during.large_live, before.large_live + 1);
        assert!(during.live_bytes() > before.live_bytes());
        let short = process::stats();
        assert_eq!(short.arena_capacity, during.capacity);
        assert_eq!(short.arena_remaining, during.remaining);
        assert_eq!(short.large_live_bytes, during.large_live_bytes);
        for (short, long) in short.small_central.iter().zip(&during.classes) {
            assert_eq!(short.blocks, long.pooled);
        }
        for block in blocks {
            assert_eq!(process::free(block), Ok(()));
        }
        assert_eq!(process::free(large), Ok(()));
        let after = OrthotopeGlobalAlloc::stats();
        assert_eq!(find(&after, class).live, find(&before, class).live);
        let table = after.to_string();
        assert!(table.lines().count() > 3, "{table}");
    });
}
