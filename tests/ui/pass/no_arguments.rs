//! No arguments, with and without parentheses: the default preset.

#![deny(warnings)]

#[orthotope::allocator]
static A: First;

#[orthotope::allocator()]
static B: Second;

fn main() {
    assert_eq!(First::CONFIG, orthotope::Config::tensor());
    assert_eq!(Second::CONFIG, First::CONFIG);
    assert_eq!(First::CLASSES.len(), 12);
}
