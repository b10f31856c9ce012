//! `thread_limit` is not available yet.

#[orthotope::allocator(thread_limit = "1MiB")]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
