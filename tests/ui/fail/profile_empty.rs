//! A profile of a run that allocated nothing.

#[orthotope::allocator(profile = "profiles/empty.json")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
