//! An alignment too large without a header.

#[orthotope::allocator(preset = "general", align = 8192)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
