//! Classes that repeat.

#[orthotope::allocator(classes = [64, 256, "256B", 512, 64])]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
