//! A preset that does not exist, though one is spelt nearly so.

#[orthotope::allocator(preset = "tensors")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
