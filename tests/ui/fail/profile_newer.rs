//! A profile that a later version wrote.

#[orthotope::allocator(profile = "profiles/newer.json")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
