//! A type with a path.

mod pools {}

#[orthotope::allocator]
static POOL: pools::Pool = pools::Pool::new();

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
