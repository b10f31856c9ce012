//! Values without a name, and a comma too many.

#[orthotope::allocator("4GiB", , align = 64)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
