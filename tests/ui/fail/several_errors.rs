//! Everything that is wrong is said at once.

#[orthotope::allocator(
    preset = "general",
    arena = "4GB",
    classes = [64, 48, 100],
    align = 24,
    cache = 0,
    colour = "red",
)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
