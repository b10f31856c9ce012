//! An argument that is given twice.

#[orthotope::allocator(align = 64, header = true, align = 128)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
