//! Edition 2021, at module and at function scope.

#![deny(
    warnings,
    missing_docs,
    rust_2021_compatibility,
    rust_2024_compatibility
)]

/// This program's allocator.
#[global_allocator]
#[orthotope::allocator(arena = "1GiB")]
pub static GLOBAL: ProgramAlloc;

fn main() {
    #[orthotope::allocator(preset = "general", arena = "64MiB", c_api = true)]
    static POOL: Pool;

    let boxed = Box::new([1_u64; 9]);
    assert_eq!(boxed.iter().sum::<u64>(), 9);
    let block = Pool::allocate(100).unwrap();
    unsafe { Pool::deallocate(block) }.unwrap();
}
