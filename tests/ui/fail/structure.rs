//! A type.

#[orthotope::allocator(align = 3)]
struct Pool;

fn main() {
    let _ = Pool;
}
