//! A path in quotes.

#[orthotope::allocator(crate = "orthotope")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
