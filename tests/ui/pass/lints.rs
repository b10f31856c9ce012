//! Strict crates: whatever is generated is nobody's warning.

#![deny(
    warnings,
    dead_code,
    future_incompatible,
    keyword_idents,
    let_underscore,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    nonstandard_style,
    rust_2018_idioms,
    rust_2024_compatibility,
    single_use_lifetimes,
    trivial_casts,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    unused,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]

/// The allocator of this program.
#[global_allocator]
#[orthotope::allocator(arena = "1GiB")]
pub static GLOBAL: ProgramAlloc;

mod private {
    #[orthotope::allocator(arena = "64MiB")]
    static POOL: UnusedPool;
}

fn main() {
    #[orthotope::allocator(arena = "64MiB")]
    static POOL: Pool;

    assert_eq!(Pool::CLASSES.len(), private_classes());
}

fn private_classes() -> usize {
    #[orthotope::allocator(arena = "64MiB")]
    static POOL: Pool;
    POOL.eq(&Pool)
        .then_some(Pool::CLASSES.len())
        .unwrap_or_default()
}
