//! Every method of the generated type, without `global_allocator`.

#![deny(warnings)]

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;

#[orthotope::allocator(arena = "64MiB")]
static POOL: Pool;

fn main() {
    let block: NonNull<u8> = Pool::allocate(100).unwrap();
    assert_eq!(block.as_ptr().addr() % Pool::CONFIG.align, 0);
    assert!(unsafe { Pool::usable_size(block) }.unwrap() >= 100);
    unsafe { Pool::deallocate(block) }.unwrap();
    let block = Pool::allocate(200).unwrap();
    unsafe { Pool::deallocate_with_size(block, 200) }.unwrap();
    assert!(matches!(
        Pool::allocate(0),
        Err(orthotope::AllocError::ZeroSize)
    ));
    assert_eq!(Pool::stats().classes.len(), Pool::CLASSES.len());

    // A runtime's hook takes any such function.
    let hooks: [fn(); 2] = [Pool::flush_thread, Pool::purge_now];
    let kept = Pool::allocate(300).unwrap();
    unsafe { kept.write(7) };
    for hook in hooks {
        hook();
        assert_eq!(unsafe { kept.read() }, 7);
    }
    unsafe { Pool::deallocate(kept) }.unwrap();

    let layout = Layout::new::<[u64; 8]>();
    let larger = Layout::new::<[u64; 800]>();
    unsafe {
        let zeroed = POOL.alloc_zeroed(layout);
        assert_eq!(zeroed.cast::<u64>().read(), 0);
        let grown = POOL.realloc(zeroed, layout, larger.size());
        POOL.dealloc(grown, larger);
        let other = POOL.alloc(layout);
        POOL.dealloc(other, layout);
    }
}
