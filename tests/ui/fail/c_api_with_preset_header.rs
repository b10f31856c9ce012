//! C's interface with the header that the preset has.

#[orthotope::allocator(c_api = true)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
