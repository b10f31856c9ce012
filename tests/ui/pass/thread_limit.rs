//! What one thread's cache may hold: the presets' and any number of bytes from 1 on, below a block or the cache too.

#![deny(warnings)]

#[orthotope::allocator]
static A: Tensor;

#[orthotope::allocator(preset = "general")]
static B: General;

#[orthotope::allocator(thread_limit = "2MiB")]
static C: Limited;

#[orthotope::allocator(preset = "general", thread_limit = 1)]
static D: Least;

#[orthotope::allocator(preset = "general", thread_limit = "1MiB")]
static E: DefaultWritten;

#[orthotope::allocator(thread_limit = 9_223_372_036_854_775_807)]
static F: Most;

#[orthotope::allocator(cache = "64KiB", thread_limit = "32KiB")]
static G: BelowTheCache;

fn main() {
    assert_eq!(Tensor::CONFIG.thread_limit, None);
    assert_eq!(General::CONFIG.thread_limit, Some(1 << 20));
    assert_eq!(Limited::CONFIG.thread_limit, Some(2 << 20));
    assert_eq!(Least::CONFIG.thread_limit, Some(1));
    assert_eq!(DefaultWritten::CONFIG, General::CONFIG);
    assert_eq!(Most::CONFIG.thread_limit, Some(isize::MAX as usize));
    assert_eq!(BelowTheCache::CONFIG.thread_limit, Some(32 << 10));

    let block = Least::allocate(100).unwrap();
    unsafe { Least::deallocate_with_size(block, 100) }.unwrap();
    let block = Most::allocate(100).unwrap();
    unsafe { Most::deallocate(block) }.unwrap();
}
