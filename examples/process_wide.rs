//! The process-wide functions: memory by the byte from the default preset's arena, whatever allocator the
//! program itself uses, with every mistake reported as a value.
//!
//! ```text
//! cargo run --release --example process_wide
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::ptr::NonNull;

use orthotope::{AllocError, FreeError, allocate, deallocate, deallocate_with_size, global_stats};

fn main() -> Result<(), Box<dyn Error>> {
    let before = global_stats()?;

    // One block, used as bytes.
    let block = allocate(1000)?;
    // SAFETY: `allocate` gave 1000 writable bytes that nothing else refers to.
    unsafe { block.write_bytes(0xa5, 1000) };
    // SAFETY: the write above initialised all 1000 bytes.
    let bytes = unsafe { std::slice::from_raw_parts(block.as_ptr(), 1000) };
    let sum: u32 = bytes.iter().map(|&byte| u32::from(byte)).sum();
    println!(
        "allocate(1000): aligned to 64: {}, sum {sum}",
        block.as_ptr().addr().is_multiple_of(64)
    );

    // A size that differs from the recorded one is refused, and the block stays live.
    // SAFETY: `block` is live and `bytes` is not used again; a wrong size is one of the checked mistakes.
    match unsafe { deallocate_with_size(block, 999) } {
        Err(error @ FreeError::SizeMismatch { .. }) => println!("with 999 for its size: {error}"),
        other => return Err(format!("a wrong size went through: {other:?}").into()),
    }
    // SAFETY: `block` is live, as the refusal above left it.
    unsafe { deallocate_with_size(block, 1000) }?;

    // The last block freed is the first one handed out again.
    let again = allocate(1000)?;
    println!(
        "freed and allocated again: the same block: {}",
        again == block
    );
    // SAFETY: `again` is live and nothing refers to its memory.
    unsafe { deallocate(again) }?;
    // SAFETY: no block was allocated since, so the memory of `again` belongs to no one else; a second free
    // is one of the checked mistakes.
    match unsafe { deallocate(again) } {
        Err(error @ FreeError::DoubleFree) => println!("freed twice: {error}"),
        other => return Err(format!("a second free went through: {other:?}").into()),
    }

    match allocate(0) {
        Err(error @ AllocError::ZeroSize) => println!("allocate(0): {error}"),
        other => return Err(format!("no bytes were served: {other:?}").into()),
    }
    match allocate(isize::MAX as usize) {
        Err(error @ AllocError::OutOfMemory { .. }) => println!("allocate(isize::MAX): {error}"),
        other => return Err(format!("half the address space was served: {other:?}").into()),
    }
    foreign()?;

    // Far above the largest class, blocks are counted one by one.
    let large = allocate(40 << 20)?;
    let live = global_stats()?;
    // SAFETY: `large` is live and nothing refers to its memory.
    unsafe { deallocate(large) }?;
    println!(
        "large blocks: {} before, {} with 40 MiB live, {} after",
        before.large_live_allocations,
        live.large_live_allocations,
        global_stats()?.large_live_allocations
    );
    Ok(())
}

/// Hands another allocator's block to Orthotope.
fn foreign() -> Result<(), Box<dyn Error>> {
    let layout = Layout::new::<[u64; 8]>();
    // SAFETY: the layout is not empty.
    let foreign = unsafe { System.alloc(layout) };
    let foreign = NonNull::new(foreign).ok_or("the system has no 64 bytes")?;
    // SAFETY: the block lies outside the arena, which is seen before anything is read or written; one of the
    // checked mistakes.
    let result = unsafe { deallocate(foreign) };
    // SAFETY: `System` gave this block for this layout, and the refused free left it alone.
    unsafe { System.dealloc(foreign.as_ptr(), layout) };
    match result {
        Err(error @ FreeError::ForeignPointer) => println!("another allocator's block: {error}"),
        other => return Err(format!("a foreign block went through: {other:?}").into()),
    }
    Ok(())
}
