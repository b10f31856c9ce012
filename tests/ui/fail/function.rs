//! A function.

#[orthotope::allocator]
pub(crate) fn pool() {}

fn main() {
    pool();
}
