//! An alignment too small without a header.

#[orthotope::allocator(header = false, align = 4)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
