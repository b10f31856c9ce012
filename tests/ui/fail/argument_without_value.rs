//! Arguments without a value.

#[orthotope::allocator(header, arena =, cache("64KiB"))]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
