//! `purge` is not available yet.

#[orthotope::allocator(purge = "10s")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
