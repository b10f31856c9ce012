//! A profile that was copied halfway.

#[orthotope::allocator(profile = "profiles/cut_short.json")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
