//! An alignment that is no power of two.

#[orthotope::allocator(align = 96)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
