//! The notations of a size.

#![deny(warnings)]

#[orthotope::allocator(
    arena = 0x4000_0000,
    classes = [64, 1_28, 256usize, "512", "1_024B", "4KiB", "1MiB",],
    refill = 1,
    cache = "1",
)]
static POOL: Pool;

#[orthotope::allocator(arena = "1TiB", align = "64B")]
static LARGE: LargePool;

fn main() {
    assert_eq!(Pool::CONFIG.arena, 1 << 30);
    assert_eq!(Pool::CLASSES, [64, 128, 256, 512, 1024, 4096, 1 << 20]);
    assert_eq!((Pool::CONFIG.refill, Pool::CONFIG.cache), (1, 1));
    assert_eq!(LargePool::CONFIG.arena, 1 << 40);
}
