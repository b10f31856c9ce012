//! The next block fetched or not, with and without a header, installed and beside.

#![deny(warnings)]

use std::alloc::{GlobalAlloc, Layout};

#[global_allocator]
#[orthotope::allocator(preset = "general", prefetch = true)]
static GLOBAL: Installed;

#[orthotope::allocator(prefetch = true)]
static A: Headed;

#[orthotope::allocator(prefetch = false)]
static B: Plain;

#[orthotope::allocator]
static C: Default;

fn main() {
    assert!(Installed::CONFIG.prefetch && Headed::CONFIG.prefetch);
    assert_eq!(Plain::CONFIG, Default::CONFIG);
    assert!(!Default::CONFIG.prefetch);

    // Stacks that run empty, too: what is fetched then is nothing.
    let text: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
    assert_eq!(text.concat().len(), 2_890);

    let layout = Layout::from_size_align(100, 8).unwrap();
    let blocks: Vec<*mut u8> = (0..1_000).map(|_| unsafe { A.alloc_zeroed(layout) }).collect();
    for block in blocks {
        assert_eq!(unsafe { block.read() }, 0);
        unsafe { A.dealloc(block, layout) };
    }
    let _ = (GLOBAL, B, C);
}
