//! An unknown argument, close to a known one and far from all.

#[orthotope::allocator(aling = 64, colour = "red")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
