//! Names that the generated code relies on mean something else here.

#![deny(warnings)]
#![allow(dead_code, unused_macros, non_camel_case_types)]

mod core {}
mod std {}
mod orthotope {}
mod __private {}
struct Option;
struct Result;
struct Some;
struct None;
struct Config;
struct Duration;
struct HugePages;
struct Purge;
struct Copy;
struct Clone;
struct Default;
trait GlobalAlloc {}
trait Generated {}
macro_rules! thread_local {
    () => {};
}

#[global_allocator]
#[::orthotope::allocator(arena = "1GiB", purge = "1s", huge_pages = "never")]
static GLOBAL: ProgramAlloc;

fn main() {
    let boxed = ::std::boxed::Box::new([1_u8; 40]);
    assert_eq!(boxed[39], 1);
}
