//! Classes that are no multiples of the alignment.

#[orthotope::allocator(classes = [48, 64, 100], align = 64)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
