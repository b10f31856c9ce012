//! Purging after no time at all.

#[orthotope::allocator(purge = "0s")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
