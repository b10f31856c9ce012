//! Keeps the library that holds this code from being unloaded.
//!
//! A program's plugin may have a static of its own, and be closed again. What is registered by then (the destructor of the
//! key for thread exits, the background thread's code, caches in the thread-local memory of threads that live on) must not lead
//! nowhere, so the library pins itself: `dlclose` then leaves it where it is, and a second `dlopen` finds it again.
//!
//! An entry of `.init_array` does it, which the loader calls before `dlopen` returns. That is the one moment at which
//! it can do no harm. The thread holds the loader's lock already, and none of ours: pinning when a hook is
//! registered would take the loader's lock inside an allocation, where the thread may hold any lock, while another thread
//! inside `dlopen` waits for that lock. It runs once a library, before the program can know the static; and where the
//! loader itself is the first to allocate (a preloaded `malloc`), that was before.
//!
//! Only with the GNU C library, linked dynamically. musl unloads nothing, and a statically linked program has no loader.

use core::ptr;

/// Called by the loader. `prepare_thread_exit` refers to it, so that no linker leaves it out.
#[used]
#[unsafe(link_section = ".init_array")]
pub(super) static PIN: extern "C" fn() = pin;

/// What is known of the object that holds [`PIN`].
struct Object {
    /// Null until it was found; empty for the main program.
    name: *const libc::c_char,
}

/// Pins the object that holds this code, unless it is the main program.
extern "C" fn pin() {
    let mut own = Object { name: ptr::null() };
    // SAFETY: `look_at` takes what it is called with here, an `Object` that outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(look_at), (&raw mut own).cast()) };
    if own.name.is_null() {
        return;
    }
    // SAFETY: an object's name is a C string for as long as the object is loaded, and this one is running.
    if unsafe { *own.name } == 0 {
        return;
    }
    let flags = libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    // SAFETY: by this name, which is its own, the loader finds the object and loads nothing. The handle is never closed,
    // which alone would keep it.
    unsafe { libc::dlopen(own.name, flags) };
}

/// Notes the object's name, and ends the walk, if [`PIN`] lies in it.
///
/// # Safety
///
/// `info` is an object's of the loader's, `own` an [`Object`].
unsafe extern "C" fn look_at(
    info: *mut libc::dl_phdr_info,
    _: libc::size_t,
    own: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the loader's record is valid during the call.
    let info = unsafe { &*info };
    let address = (&raw const PIN).addr() as u64;
    for index in 0..usize::from(info.dlpi_phnum) {
        // SAFETY: there are so many program headers.
        let header = unsafe { &*info.dlpi_phdr.add(index) };
        let start = info.dlpi_addr.wrapping_add(header.p_vaddr);
        if header.p_type == libc::PT_LOAD && address.wrapping_sub(start) < header.p_memsz {
            // SAFETY: it is what `pin` passed on.
            unsafe { (*own.cast::<Object>()).name = info.dlpi_name };
            return 1;
        }
    }
    0
}
