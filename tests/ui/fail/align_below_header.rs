//! An alignment too small for a header.

#[orthotope::allocator(align = 32)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
