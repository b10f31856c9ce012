//! Nothing is in scope but the language.

#![no_implicit_prelude]
#![deny(warnings)]

#[::core::prelude::v1::global_allocator]
#[::orthotope::allocator(arena = "1GiB", classes = [64, "4KiB"], exhausted = "null", purge = "1s")]
static GLOBAL: ProgramAlloc;

fn main() {
    #[::orthotope::allocator(preset = "general", arena = "64MiB", crate = ::orthotope)]
    static POOL: Pool;

    let boxed = ::std::boxed::Box::new([1_u8; 40]);
    ::core::assert_eq!(boxed[39], 1);
    ::core::assert_eq!(Pool::CONFIG.align, 8);
}
