//! An error inside a function.

fn main() {
    #[orthotope::allocator(arena = "4GB")]
    static POOL: Pool;

    let _ = (POOL, Pool::allocate(64));
}
