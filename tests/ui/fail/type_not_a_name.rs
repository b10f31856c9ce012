//! Types that are no names.

#[orthotope::allocator]
static POOL: &'static Pool;

#[orthotope::allocator]
static OTHER_POOL: ();

fn main() {
    let _ = (PoolAlloc::allocate(64), OtherPoolAlloc::allocate(64));
}
