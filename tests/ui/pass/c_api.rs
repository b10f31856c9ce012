//! C's `malloc` and Rust's allocator in one. Nothing is in scope but the language, and whatever is generated is nobody's
//! warning.

#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(
    warnings,
    future_incompatible,
    missing_docs,
    nonstandard_style,
    rust_2018_idioms,
    rust_2024_compatibility,
    unnameable_types,
    unreachable_pub,
    unused,
    unused_qualifications,
    unused_results
)]

#[::core::prelude::v1::global_allocator]
#[::orthotope::allocator(preset = "general", c_api = true)]
static GLOBAL: ProgramAlloc;

fn main() {
    ::core::assert!(ProgramAlloc::CONFIG.c_api);
    ::core::assert_eq!(ProgramAlloc::CONFIG.align, 16);
    ::core::assert_eq!(ProgramAlloc::CLASSES[..2], [16, 32]);
    let boxed = ::std::boxed::Box::new([1_u8; 40]);
    ::core::assert_eq!(boxed[39], 1);
    let thread = ::std::thread::spawn(|| ::std::vec::Vec::<u8>::with_capacity(70_000));
    ::core::assert_eq!(thread.join().unwrap().len(), 0);
}
