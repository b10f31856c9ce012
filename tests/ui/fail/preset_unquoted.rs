//! A preset without quotes.

#[orthotope::allocator(preset = general)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
