//! The program's allocator: no further error comes from its being one.

#[global_allocator]
#[orthotope::allocator(arena = "4GB")]
static POOL: Pool = Pool::new();

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
