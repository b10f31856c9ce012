//! Inside functions, `global_allocator` included; the same names twice.

#![deny(warnings)]

fn install() -> u64 {
    #[global_allocator]
    #[orthotope::allocator(arena = "1GiB")]
    static GLOBAL: ProgramAlloc;

    *Box::new(ProgramAlloc::CLASSES.len() as u64)
}

fn install_a_pool() -> usize {
    #[orthotope::allocator(preset = "general", arena = "64MiB")]
    static POOL: Pool = Pool::new();

    let block = Pool::allocate(1).unwrap();
    unsafe { Pool::deallocate(block) }.unwrap();
    Pool::CONFIG.align
}

fn main() {
    #[orthotope::allocator(arena = "64MiB")]
    static POOL: Pool;

    assert_eq!(install(), 12);
    assert_eq!(install_a_pool(), 8);
    assert_eq!(POOL, Pool);
    assert_eq!(Pool::CONFIG.align, 64);
}
