//! Hardened or not, with and without a header, installed and beside.

#![deny(warnings)]

use std::alloc::{GlobalAlloc, Layout};

#[global_allocator]
#[orthotope::allocator(preset = "general", hardened = true)]
static GLOBAL: Installed;

#[orthotope::allocator(hardened = true)]
static A: Headed;

#[orthotope::allocator(hardened = false)]
static B: Plain;

#[orthotope::allocator]
static C: Default;

#[orthotope::allocator(preset = "general", classes = ["2GiB"], hardened = true)]
static D: Huge;

fn main() {
    assert!(Installed::CONFIG.hardened && Headed::CONFIG.hardened);
    assert_eq!(Plain::CONFIG, Default::CONFIG);
    assert!(!Default::CONFIG.hardened);

    let text: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
    assert_eq!(text.concat().len(), 2_890);

    let layout = Layout::from_size_align(100, 8).unwrap();
    let block = unsafe { A.alloc_zeroed(layout) };
    let block = unsafe { A.realloc(block, layout, 101) };
    assert_eq!(unsafe { block.read() }, 0);
    let start = std::ptr::NonNull::new(block).unwrap();
    assert!(unsafe { Headed::deallocate_with_size(start, 100) }.is_err());
    assert!(unsafe { Headed::deallocate_with_size(start, 101) }.is_ok());

    // Beyond what a class of a hardened allocator serves.
    let block = Huge::allocate(64).unwrap();
    assert!(unsafe { Huge::deallocate_with_size(block, 64) }.is_ok());
    let _ = (GLOBAL, B, C, D);
}
