//! A crate that only declares an allocator compiles without `#![feature]`, whoever turned the feature `nightly` on.

#[orthotope::allocator(arena = "64MiB")]
static ARENA: ArenaAlloc;

#[test]
fn a_declaration_needs_no_feature_gate() {
    let block = ArenaAlloc::allocate(100).expect("there is memory");
    // SAFETY: the block is live and not used afterwards.
    unsafe { ArenaAlloc::deallocate(block) }.expect("it is live");
    assert_eq!(ARENA, ArenaAlloc::new());
}
