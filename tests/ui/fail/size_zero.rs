//! Zero is no size.

#[orthotope::allocator(
    arena = 0,
    refill = "0KiB",
    cache = 0,
    thread_limit = 0,
    classes = [0, 64],
    align = 0,
)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
