//! The names are C's wherever the static stands, and the blocks are the type's.

use std::ffi::c_void;
use std::ptr::NonNull;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

fn main() {
    #[orthotope::allocator(classes = [64, "1KiB"], header = false, align = 64, c_api = true)]
    static POOL: Pool;

    let block = NonNull::new(unsafe { malloc(100) }).unwrap().cast::<u8>();
    assert_eq!(unsafe { Pool::usable_size(block) }, Ok(1_024));
    unsafe { free(block.as_ptr().cast()) };
    assert!(unsafe { Pool::usable_size(block) }.is_err());
    let block = Pool::allocate(10).unwrap();
    unsafe { free(block.as_ptr().cast()) };
    assert!(unsafe { Pool::deallocate(block) }.is_err());
}
