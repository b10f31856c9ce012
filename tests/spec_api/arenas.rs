//! Arenas: what happens where the system refuses one, and whose arena the process-wide functions use.
//!
//! The process-wide arena is set up once and grows for good, so the tests that bend it have processes of
//! their own.

use core::ptr::NonNull;

use orthotope::{AllocError, Allocator, AllocatorConfig, FreeError, InitError};
use orthotope_tests::memory;
use orthotope_tests::spec::{child, process};

fn with_arena(arena_size: usize) -> Result<Allocator, InitError> {
    Allocator::new(AllocatorConfig {
        arena_size,
        ..AllocatorConfig::default()
    })
}

/// Bounds the address space of this process to what it has now and `bytes` more.
fn bound_address_space(bytes: usize) {
    let limit = libc::rlimit {
        rlim_cur: (memory::address_space() + bytes) as libc::rlim_t,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the limit is a valid structure.
    let status = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
    assert_eq!(status, 0, "the limit can be lowered");
}

/// SPEC 3: "`Allocator::new` returns `MapFailed`": for an arena that no address space holds.
#[test]
fn an_instance_with_an_impossible_arena_is_refused() {
    for arena_size in [
        usize::MAX,
        usize::MAX - (1 << 20),
        isize::MAX as usize + 1,
        isize::MAX as usize,
        isize::MAX as usize - (1 << 20),
        isize::MAX as usize / 2,
    ] {
        let made = with_arena(arena_size);
        assert!(
            matches!(made, Err(InitError::MapFailed(_))),
            "{arena_size}: {made:?}"
        );
    }
}

/// SPEC 3: "Only statics degrade to a smaller reservation; `Allocator::new` returns `MapFailed`."
#[test]
fn only_a_static_degrades_to_a_smaller_reservation() {
    if !child::is_child("arenas::only_a_static_degrades_to_a_smaller_reservation") {
        return;
    }
    const GIB: usize = 1 << 30;
    bound_address_space(16 * GIB);
    let stats = process::stats();
    assert!(
        (1..64 * GIB).contains(&stats.arena_capacity),
        "64 GiB did not fit: {stats:?}"
    );
    let block = process::alloc(100);
    assert_eq!(process::free(block), Ok(()));
    let instance = with_arena(32 * GIB);
    assert!(
        matches!(instance, Err(InitError::MapFailed(_))),
        "{instance:?}"
    );
}

/// SPEC 3: "`AllocError::{… GlobalInitFailed …}`", "`FreeError::{GlobalInitFailed, …}`", "`global_stats() ->
/// Result<AllocatorStats, &'static InitError>`": where the system refuses every size.
#[test]
fn without_any_arena_every_process_wide_function_says_so() {
    if !child::is_child("arenas::without_any_arena_every_process_wide_function_says_so") {
        return;
    }
    bound_address_space(1 << 20);
    let stats = orthotope::global_stats();
    let (allocated, large) = (orthotope::allocate(64), orthotope::allocate(20 << 20));
    let freed = process::free(NonNull::<u64>::dangling().cast());
    let freed_sized = process::free_sized(NonNull::<u64>::dangling().cast(), 8);
    bound_address_space(1 << 40);
    assert!(matches!(stats, Err(InitError::MapFailed(_))), "{stats:?}");
    assert_eq!(allocated, Err(AllocError::GlobalInitFailed));
    assert_eq!(large, Err(AllocError::GlobalInitFailed));
    assert_eq!(freed, Err(FreeError::GlobalInitFailed));
    assert_eq!(freed_sized, Err(FreeError::GlobalInitFailed));
}

/// SPEC 3: "The process-wide functions use `OrthotopeGlobalAlloc`'s arena, whatever static is installed": here it
/// is the standard library's, and its memory is none of theirs.
#[test]
fn the_process_wide_functions_have_an_arena_whatever_static_is_installed() {
    process::alone(|| {
        let before = process::stats();
        let large = process::alloc(20 << 20);
        let after = process::stats();
        assert_eq!(
            after.large_live_allocations,
            before.large_live_allocations + 1
        );
        assert_eq!(process::free(large), Ok(()));
        let mut installed = Box::new([0_u64; 8]);
        let foreign = NonNull::from(&mut installed[0]).cast();
        assert_eq!(process::free(foreign), Err(FreeError::ForeignPointer));
    });
}

/// SPEC 3: "The process-wide functions use `OrthotopeGlobalAlloc`'s arena": what the type hands out they free.
#[test]
fn the_process_wide_functions_and_the_type_share_one_arena() {
    use orthotope_tests::spec::piece::{Piece, layout};
    process::alone(|| {
        for size in [1, 64, 5_000, 20 << 20] {
            let piece = Piece::new(layout(size, 8), 1).expect("there is memory");
            assert_eq!(process::free_sized(piece.into_raw(), size), Ok(()));
        }
    });
}

/// SPEC 3: "regions added by growth add to `arena_capacity`".
#[test]
fn regions_added_by_growth_add_to_the_capacity() {
    if !child::is_child("arenas::regions_added_by_growth_add_to_the_capacity") {
        return;
    }
    let before = process::stats();
    // Two of these do not fit the first region. They are never touched.
    let size = before.arena_capacity / 8 * 5;
    let blocks = [process::alloc(size), process::alloc(size)];
    let after = process::stats();
    assert!(
        after.arena_capacity >= before.arena_capacity + size,
        "{after:?}"
    );
    assert!(after.arena_remaining <= after.arena_capacity - 2 * size);
    for block in blocks {
        assert_eq!(process::free_sized(block, size), Ok(()));
    }
    assert_eq!(
        process::stats().arena_capacity,
        after.arena_capacity,
        "a region stays"
    );
}

/// SPEC 3: "Our first version is 0.4.0."
#[test]
fn the_version_is_0_4_0_or_later() {
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let version = (
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
    );
    assert!(version >= (0, 4), "the workspace has one version");
}
