//! Other attributes stay on the static; `cfg` covers what is generated too.

#![deny(warnings)]

/// Documented.
#[orthotope::allocator(arena = "64MiB")]
#[allow(non_upper_case_globals)]
#[doc(alias = "arena")]
static pool: Pool;

#[orthotope::allocator(preset = "general", arena = "64MiB")]
#[cfg(any())]
static EITHER: EitherPool;

#[orthotope::allocator(arena = "64MiB")]
#[cfg(not(any()))]
static EITHER: EitherPool;

fn main() {
    assert_eq!(pool, Pool);
    assert_eq!(EITHER, EitherPool);
    assert!(EitherPool::CONFIG.header);
}
