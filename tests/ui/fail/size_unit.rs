//! Units that are decimal, abbreviated, misspelt or fractional.

#[orthotope::allocator(
    arena = "4GB",
    cache = "64k",
    refill = "32 KiB",
    classes = ["1.5MiB", 2.5, "1PiB"],
)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
