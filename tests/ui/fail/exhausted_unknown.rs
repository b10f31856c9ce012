//! An answer to a full arena that does not exist.

#[orthotope::allocator(exhausted = "abort")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
