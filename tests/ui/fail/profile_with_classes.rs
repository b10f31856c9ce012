//! Two sources for the classes.

#[orthotope::allocator(profile = "Cargo.toml", classes = [64])]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
