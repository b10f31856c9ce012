//! Classes that a smaller alignment, legal without a header, would allow.

#[orthotope::allocator(header = false, classes = [48])]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
