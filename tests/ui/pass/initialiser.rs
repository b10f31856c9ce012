//! An initialiser is kept, whatever it is.

#![deny(warnings)]

#[global_allocator]
#[orthotope::allocator(arena = "1GiB")]
static GLOBAL: ProgramAlloc = ProgramAlloc::new();

#[orthotope::allocator(arena = "64MiB")]
static A: UnitPool = UnitPool;

#[orthotope::allocator(arena = "64MiB")]
static B: BlockPool = {
    const VALUE: BlockPool = BlockPool::new();
    VALUE
};

fn main() {
    assert_eq!(GLOBAL, ProgramAlloc);
    assert_eq!(A, UnitPool::new());
    assert_eq!(B, BlockPool::new());
}
