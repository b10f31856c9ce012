//! A truth value in quotes.

#[orthotope::allocator(header = "yes")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
