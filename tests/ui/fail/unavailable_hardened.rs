//! `hardened` is not available yet.

#[orthotope::allocator(hardened = true)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
