//! The attribute twice on one static.

#[orthotope::allocator(align = 64)]
#[orthotope::allocator(arena = "1GiB")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
