//! `huge_pages` is not available yet.

#[orthotope::allocator(huge_pages = "always")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
