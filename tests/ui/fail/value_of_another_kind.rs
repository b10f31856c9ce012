//! Values of another kind than the arguments ask for.

#[orthotope::allocator(c_api = "no", profile = 7)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
