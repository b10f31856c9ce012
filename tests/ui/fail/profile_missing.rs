//! A profile that does not exist.

#[orthotope::allocator(profile = "no-such-profile.json")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
