//! `allocator` below `global_allocator`.

#![deny(warnings)]

#[global_allocator]
#[orthotope::allocator(arena = "1GiB")]
static GLOBAL: ProgramAlloc;

fn main() {
    let text: String = (0..1000)
        .map(|i| char::from(b'a' + (i % 26) as u8))
        .collect();
    assert_eq!(text.len(), 1000);
}
