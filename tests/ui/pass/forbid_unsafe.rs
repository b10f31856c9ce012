//! A crate that forbids unsafe code may still choose its allocator.

#![forbid(unsafe_code)]
#![deny(warnings)]

#[global_allocator]
#[orthotope::allocator(arena = "1GiB")]
static GLOBAL: ProgramAlloc;

fn main() {
    assert_eq!(vec![1_u8; 100].len(), 100);
}
