//! Two allocators in one crate, with nothing in common.

#![deny(warnings)]

#[global_allocator]
#[orthotope::allocator(preset = "general", arena = "1GiB")]
static GLOBAL: ProgramAlloc;

#[orthotope::allocator(arena = "64MiB", classes = [4096, "1MiB"], exhausted = "null")]
static TENSORS: TensorAlloc;

fn main() {
    let names: Vec<String> = (0..100).map(|i| format!("tensor {i}")).collect();
    let blocks: Vec<_> = names
        .iter()
        .map(|_| TensorAlloc::allocate(4000).unwrap())
        .collect();
    for block in blocks {
        unsafe { TensorAlloc::deallocate(block) }.unwrap();
    }
    assert_eq!(TensorAlloc::CLASSES, [4096, 1 << 20]);
    assert_ne!(ProgramAlloc::CONFIG, TensorAlloc::CONFIG);
}
