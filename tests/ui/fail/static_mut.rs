//! A mutable static.

#[orthotope::allocator]
static mut POOL: Pool;

fn main() {
    let _ = (Pool::allocate(64), Pool::CLASSES);
}
