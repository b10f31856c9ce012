//! Names, signatures and traits: what a program written for the published crate compiles against.

use core::alloc::GlobalAlloc;
use core::fmt::{Debug, Display};
use core::hash::Hash;
use core::ptr::NonNull;
use std::error::Error;

use orthotope::{
    AllocError, Allocator, AllocatorConfig, AllocatorStats, FreeError, InitError,
    OrthotopeGlobalAlloc, SizeClass, SizeClassStats, ThreadCache, ThreadCacheStats,
};

const fn is_send_and_sync<T: Send + Sync>() {}
const fn is_plain_data<T: Copy + Eq + Debug + Send + Sync + 'static>() {}

/// SPEC 3: "Source-compatible at the crate root with the published crate `orthotope` 0.3.1": the four
/// functions, among them "`global_stats() -> Result<AllocatorStats, &'static InitError>`".
#[test]
fn the_process_wide_functions_have_the_signatures_listed() {
    let _: fn(usize) -> Result<NonNull<u8>, AllocError> = orthotope::allocate;
    let _: unsafe fn(NonNull<u8>) -> Result<(), FreeError> = orthotope::deallocate;
    let _: unsafe fn(NonNull<u8>, usize) -> Result<(), FreeError> = orthotope::deallocate_with_size;
    let _: fn() -> Result<AllocatorStats, &'static InitError> = orthotope::global_stats;
}

type AllocateFn =
    fn(&Allocator, cache: &mut ThreadCache, size: usize) -> Result<NonNull<u8>, AllocError>;
type FreeFn = unsafe fn(&Allocator, &mut ThreadCache, NonNull<u8>) -> Result<(), FreeError>;
type FreeSizedFn =
    unsafe fn(&Allocator, &mut ThreadCache, NonNull<u8>, usize) -> Result<(), FreeError>;

/// SPEC 3: "`Allocator::new(AllocatorConfig) -> Result<Allocator, InitError>`", "`Allocator::{config, stats,
/// drain_thread_cache(&mut ThreadCache)}`", and the three that allocate and free through a cache.
#[test]
fn an_allocator_has_the_methods_listed() {
    let _: fn(AllocatorConfig) -> Result<Allocator, InitError> = Allocator::new;
    let _: fn(&Allocator) -> &AllocatorConfig = Allocator::config;
    let _: fn(&Allocator) -> AllocatorStats = Allocator::stats;
    let _: fn(&Allocator, &mut ThreadCache) = Allocator::drain_thread_cache;
    let _: AllocateFn = Allocator::allocate_with_cache;
    let _: FreeFn = Allocator::deallocate_with_cache;
    let _: FreeSizedFn = Allocator::deallocate_with_size_checked;
}

/// SPEC 3: "`Allocator::new(AllocatorConfig)` // Send + Sync".
#[test]
fn an_allocator_is_send_and_sync() {
    is_send_and_sync::<Allocator>();
}

/// SPEC 3: "`ThreadCache::{new(AllocatorConfig), stats}`".
#[test]
fn a_thread_cache_has_the_methods_listed() {
    let _: fn(AllocatorConfig) -> ThreadCache = ThreadCache::new;
    let _: fn(&ThreadCache) -> ThreadCacheStats = ThreadCache::stats;
}

/// SPEC 3: "`AllocatorConfig { arena_size, alignment, refill_target_bytes, local_cache_target_bytes }` // all
/// usize, Copy, Default": a literal of these four fields and no other, and the traits.
#[test]
fn a_configuration_has_the_fields_and_traits_listed() {
    is_plain_data::<AllocatorConfig>();
    let number: usize = 1 << 20;
    let config = AllocatorConfig {
        arena_size: number,
        alignment: number,
        refill_target_bytes: number,
        local_cache_target_bytes: number,
    };
    let copy = config;
    assert_eq!(config, copy);
    assert_ne!(config, <AllocatorConfig as Default>::default());
}

/// SPEC 3: "`AllocatorConfig::{class_block_size(SizeClass), refill_count(SizeClass), local_limit(SizeClass),
/// drain_count(SizeClass)}`", in const context as in the published crate.
#[test]
fn what_a_configuration_derives_is_const() {
    const CONFIG: AllocatorConfig = AllocatorConfig {
        arena_size: 1 << 20,
        alignment: 64,
        refill_target_bytes: 1 << 10,
        local_cache_target_bytes: 1 << 10,
    };
    const DERIVED: [usize; 4] = [
        CONFIG.class_block_size(SizeClass::B64),
        CONFIG.refill_count(SizeClass::B64),
        CONFIG.local_limit(SizeClass::B64),
        CONFIG.drain_count(SizeClass::B64),
    ];
    assert_eq!(DERIVED, [128, 8, 8, 4]);
}

/// SPEC 3: "`SizeClass::{ALL, B64, B256, B4K, B6K, B8K, B16K, B32K, B64K, B128K, B256K, B1M, B16M}`": these
/// variants, in this order, and no other.
#[test]
fn the_size_classes_are_the_twelve_listed() {
    use SizeClass::{B1M, B4K, B6K, B8K, B16K, B16M, B32K, B64, B64K, B128K, B256, B256K};
    const ALL: [SizeClass; 12] = SizeClass::ALL;
    let listed = [
        B64, B256, B4K, B6K, B8K, B16K, B32K, B64K, B128K, B256K, B1M, B16M,
    ];
    assert_eq!(ALL, listed);
    for class in ALL {
        // Without a wildcard: another variant would not compile.
        match class {
            B64 | B256 | B4K | B6K | B8K | B16K | B32K | B64K | B128K | B256K | B1M | B16M => {}
        }
    }
    fn is_hash<T: Hash>() {}
    is_hash::<SizeClass>();
    is_plain_data::<SizeClass>();
}

/// SPEC 3: "`SizeClass::{from_request, payload_size, block_size, block_size_for_alignment, index,
/// max_small_request}`", in const context as in the published crate.
#[test]
fn what_a_size_class_tells_is_const() {
    const CLASS: Option<SizeClass> = SizeClass::from_request(1);
    const TOLD: [usize; 5] = [
        SizeClass::B64.payload_size(),
        SizeClass::B64.block_size(),
        SizeClass::B64.block_size_for_alignment(256),
        SizeClass::B64.index(),
        SizeClass::max_small_request(),
    ];
    assert_eq!(CLASS, Some(SizeClass::B64));
    assert_eq!(TOLD, [64, 128, 256, 0, 16 << 20]);
}

/// SPEC 3: "`AllocatorStats { arena_capacity, arena_remaining, small_central: [SizeClassStats; 12],
/// large_live_allocations, large_live_bytes, large_free_blocks, large_free_bytes }`": these and no other,
/// "`SizeClassStats { class, blocks, bytes }`", "`ThreadCacheStats { is_bound, local: [SizeClassStats; 12] }`".
#[test]
fn statistics_have_the_fields_listed() {
    is_plain_data::<AllocatorStats>();
    is_plain_data::<SizeClassStats>();
    is_plain_data::<ThreadCacheStats>();
    let entry = SizeClassStats {
        class: SizeClass::B4K,
        blocks: 2_usize,
        bytes: 3_usize,
    };
    let stats = AllocatorStats {
        arena_capacity: 1_usize,
        arena_remaining: 1_usize,
        small_central: [entry; 12],
        large_live_allocations: 1_usize,
        large_live_bytes: 1_usize,
        large_free_blocks: 1_usize,
        large_free_bytes: 1_usize,
    };
    let cache = ThreadCacheStats {
        is_bound: true,
        local: [entry; 12],
    };
    let _: fn(&AllocatorStats) -> usize = AllocatorStats::total_small_central_blocks;
    let _: fn(&ThreadCacheStats) -> usize = ThreadCacheStats::total_local_blocks;
    assert_eq!(stats.total_small_central_blocks(), 24);
    assert_eq!(stats.total_small_central_bytes(), 36);
    assert_eq!(cache.total_local_blocks(), 24);
    assert_eq!(cache.total_local_bytes(), 36);
}

/// SPEC 3: "`OrthotopeGlobalAlloc::new()` (const), Default, GlobalAlloc".
#[test]
fn the_default_preset_is_const_default_and_a_global_alloc() {
    const IN_A_CONST: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
    static IN_A_STATIC: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
    const fn is_global_alloc<T: GlobalAlloc + Default + Copy + Send + Sync + 'static>(_: &T) {}
    is_global_alloc(&IN_A_CONST);
    is_global_alloc(&IN_A_STATIC);
    is_global_alloc::<OrthotopeGlobalAlloc>(&Default::default());
}

/// SPEC 3, the three error types: each is a standard error that prints and crosses threads.
#[test]
fn the_failures_are_standard_errors() {
    const fn is_error<T: Error + Display + Debug + Send + Sync + 'static>() {}
    is_error::<AllocError>();
    is_error::<FreeError>();
    is_error::<InitError>();
}
