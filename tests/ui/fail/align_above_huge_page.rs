//! An alignment too large with a header.

#[orthotope::allocator(align = "4MiB")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
