//! An arena in which no class of the preset fits twice.

#[orthotope::allocator(arena = 64)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
