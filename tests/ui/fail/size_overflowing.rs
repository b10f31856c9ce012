//! More bytes than there are addresses.

#[orthotope::allocator(
    arena = 99999999999999999999999999,
    cache = "9223372036854775808",
    refill = "8388608TiB",
    thread_limit = "99999999TiB",
)]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
