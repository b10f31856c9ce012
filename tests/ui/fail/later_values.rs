//! Arguments that are not available yet, with values that would not be legal either.

#[orthotope::allocator(c_api = "no", profile = 7)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
