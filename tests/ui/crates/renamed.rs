//! A dependency with another name: `::orthotope` does not resolve.

#![deny(warnings)]

#[global_allocator]
#[tuned::allocator(arena = "1GiB", crate = tuned)]
static GLOBAL: ProgramAlloc;

mod pools {
    #[tuned::allocator(preset = "general", arena = "64MiB", crate = ::tuned)]
    pub(crate) static POOL: Pool;
}

fn main() {
    assert_eq!(vec![7_u8; 5000].len(), 5000);
    let block = pools::Pool::allocate(100).unwrap();
    unsafe { pools::Pool::deallocate_with_size(block, 100) }.unwrap();
}
