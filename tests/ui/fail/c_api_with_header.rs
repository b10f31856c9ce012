//! C's interface with a header that was asked for.

#[orthotope::allocator(c_api = true, header = true)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
