//! One class without brackets.

#[orthotope::allocator(classes = 64)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
