//! The attribute by its bare name.

#![deny(warnings)]

use orthotope::allocator;

#[allocator]
#[global_allocator]
static GLOBAL: ProgramAlloc;

fn main() {
    assert_eq!(ProgramAlloc::CONFIG, orthotope::Config::tensor());
}
