//! A comma is missing.

#[orthotope::allocator(align = 64 header = true)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
