//! `c_api` is not available yet.

#[orthotope::allocator(preset = "general", c_api = true)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
