//! C's interface with classes that are no multiples of 16.

#[orthotope::allocator(preset = "general", c_api = true, classes = [16, 24, 32])]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
