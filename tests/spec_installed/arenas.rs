//! Whose arena the process-wide functions use.

use core::ptr::NonNull;

use orthotope::{FreeError, OrthotopeGlobalAlloc};
use orthotope_tests::spec::process::alone;

use crate::InstalledAlloc;

/// SPEC 3: "The process-wide functions use `OrthotopeGlobalAlloc`'s arena, whatever static is installed": its figures
/// move with them, and a block of the installed one is foreign to them.
#[test]
fn the_process_wide_functions_use_the_default_presets_arena() {
    alone(|| {
        let before = OrthotopeGlobalAlloc::stats();
        let block = orthotope::allocate(20 << 20).expect("memory");
        let during = OrthotopeGlobalAlloc::stats();
        assert_eq!(during.large_live, before.large_live + 1);
        let global = orthotope::global_stats().expect("an arena");
        assert_eq!(global.arena_capacity, during.capacity);
        assert_eq!(global.large_live_allocations, during.large_live);
        // SAFETY: the block is live and not used afterwards.
        assert_eq!(unsafe { orthotope::deallocate(block) }, Ok(()));

        let mut installed = Box::new([7_u8; 100]);
        let start = NonNull::from(&mut installed[0]);
        // SAFETY: it is no block of this allocator, whose refusal changes nothing.
        let refused = unsafe { orthotope::deallocate(start) };
        assert_eq!(refused, Err(FreeError::ForeignPointer));
        // SAFETY: it is a live block of the installed allocator, of which only the size is asked for.
        let usable = unsafe { InstalledAlloc::usable_size(start) };
        assert!(usable.is_ok_and(|bytes| bytes >= 100));
        assert!(installed.iter().all(|&byte| byte == 7));
    });
}

/// SPEC 3: "whatever static is installed": the installed one's own functions use its own arena.
#[test]
fn the_installed_static_has_an_arena_of_its_own() {
    let stats = InstalledAlloc::stats();
    assert_eq!(stats.capacity, 1 << 30);
    assert!(stats.live_bytes() > 0, "this program's own memory");
    assert_eq!(stats.classes.len(), InstalledAlloc::CLASSES.len());
}
