//! A program whose one allocator is Rust's and C's: runs the contract of a C library in it.

use std::env;
use std::ffi::{CString, c_int, c_void};
use std::mem;
use std::ptr::NonNull;

#[global_allocator]
#[orthotope::allocator(preset = "general", c_api = true)]
static GLOBAL: Program;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

fn main() {
    let path = env::args().nth(1).expect("the library is the argument");
    let path = CString::new(path).expect("a path holds no zero");
    // SAFETY: the path is a C string, and what the library does when it is opened is nothing.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null(), "the library is there");
    // SAFETY: the library is open.
    let contract = unsafe { libc::dlsym(library, c"contract".as_ptr()) };
    assert!(!contract.is_null(), "the function is there");
    // SAFETY: this is its type.
    let contract = unsafe { mem::transmute::<*mut c_void, extern "C" fn() -> c_int>(contract) };
    assert_eq!(contract(), 0);

    // A block of either side is freed by the other.
    let name = String::from("a text that C frees")
        .into_bytes()
        .into_boxed_slice();
    // SAFETY: the box gives its block up.
    unsafe { free(Box::into_raw(name).cast()) };
    // SAFETY: any size may be asked for.
    let block = unsafe { malloc(100) };
    let block = NonNull::new(block.cast::<u8>()).expect("there is memory");
    // SAFETY: the block is live.
    assert!(unsafe { Program::usable_size(block) }.is_ok_and(|usable| usable >= 100));
    // SAFETY: the block is live, of as many bytes, and given up.
    drop(unsafe { Vec::from_raw_parts(block.as_ptr(), 0, 100) });
}
