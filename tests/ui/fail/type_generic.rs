//! A type with parameters.

#[orthotope::allocator]
static POOL: Pool<64>;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
