//! Purging after longer than anyone can count.

#[orthotope::allocator(purge = "153722868m")]
static POOL: Pool;

#[orthotope::allocator(purge = "18446744073709551616ms")]
static OTHER: Other;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
    let _ = (OTHER, Other::CLASSES);
}
