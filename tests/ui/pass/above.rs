//! `allocator` above `global_allocator`.

#![deny(warnings)]

#[orthotope::allocator(arena = "1GiB")]
#[global_allocator]
static GLOBAL: ProgramAlloc;

fn main() {
    let text: String = (0..1000)
        .map(|i| char::from(b'a' + (i % 26) as u8))
        .collect();
    assert_eq!(text.len(), 1000);
}
