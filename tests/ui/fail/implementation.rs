//! An implementation.

struct Pool;

#[orthotope::allocator]
unsafe impl Send for Pool {}

fn main() {
    let _ = Pool;
}
