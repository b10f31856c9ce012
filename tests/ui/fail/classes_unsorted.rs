//! Classes out of order.

#[orthotope::allocator(classes = [64, 256, 128, 512])]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
