//! A file that is no profile.

#[orthotope::allocator(profile = "Cargo.toml")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
