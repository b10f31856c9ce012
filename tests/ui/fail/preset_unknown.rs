//! A preset that does not exist, and one without quotes.

#[orthotope::allocator(preset = "tensors")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
