//! Classes that an arena holds only once.

#[orthotope::allocator(arena = "1MiB", classes = [64, "512KiB", "576KiB", "1MiB"])]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
