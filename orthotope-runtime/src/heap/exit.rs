//! What is written when the process ends.
//!
//! It is registered when the code is loaded, by an entry of `.init_array`: registering may ask for memory under the C
//! library's lock, and the process's `malloc` may be ours. The first allocation may itself be made under that lock.

use core::hint::black_box;
use core::{mem, ptr};

use super::PROFILE_VARIABLE;
use crate::sync::{AtomicPtr, Ordering};
use crate::sys::{at_exit, environment};

/// Called by the loader. [`write_with`] refers to it, so that no linker leaves it out.
#[used]
#[cfg_attr(
    target_vendor = "apple",
    unsafe(link_section = "__DATA,__mod_init_func")
)]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static REGISTER: extern "C" fn() = register;

/// What writes, a function; null until an allocator has started that has one.
static WRITE: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Sees to the process's end, if the environment asks for a profile.
extern "C" fn register() {
    if environment(PROFILE_VARIABLE).is_some_and(|path| !path.is_empty()) {
        at_exit(ends);
    }
}

/// Has `write` called at the end, if the environment asked for a profile when the code was loaded.
pub(super) fn write_with(write: extern "C" fn()) {
    black_box(&raw const REGISTER);
    WRITE.store(write as *mut (), Ordering::Relaxed);
}

extern "C" fn ends() {
    let write = WRITE.load(Ordering::Relaxed);
    if !write.is_null() {
        // SAFETY: `write_with` stored a function of this type.
        let write = unsafe { mem::transmute::<*mut (), extern "C" fn()>(write) };
        write();
    }
}
