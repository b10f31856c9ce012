//! What is no size.

#[orthotope::allocator(
    arena = "lots",
    cache = 64 * 1024,
    refill = 32_768u32,
    align = -64,
    thread_limit = [1],
)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
