//! A thread of the runtime's own, and what it has to know of the others.

use core::ptr;

use super::signals::undisturbed;

/// Bytes of the thread's stack. The thread-local storage of all libraries comes out of it.
const STACK_BYTES: usize = 256 << 10;

/// What the thread runs.
type ThreadMain = extern "C" fn(*mut libc::c_void) -> *mut libc::c_void;

/// Starts a detached thread in which all signals are blocked; `false` if the system refuses.
///
/// The caller holds no lock: the C library allocates for the new thread.
pub(crate) fn start_thread(main: ThreadMain) -> bool {
    undisturbed(|| {
        // A large thread-local storage may leave no room in a small stack; the default one is what every thread has.
        start(main, Some(STACK_BYTES)) || start(main, None)
    })
}

fn start(main: ThreadMain, stack: Option<usize>) -> bool {
    // SAFETY: all zero is a valid place for attributes that are initialised next.
    let mut attributes = unsafe { core::mem::zeroed::<libc::pthread_attr_t>() };
    // SAFETY: the place is valid.
    if unsafe { libc::pthread_attr_init(&raw mut attributes) } != 0 {
        return false;
    }
    // SAFETY: as above. All zero is a valid value for a thread's name, which is not read unless it was written.
    let mut thread = unsafe { core::mem::zeroed::<libc::pthread_t>() };
    // SAFETY: the attributes are initialised.
    unsafe {
        libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED)
    };
    if let Some(bytes) = stack {
        // SAFETY: the attributes are initialised.
        unsafe { libc::pthread_attr_setstacksize(&raw mut attributes, bytes) };
    }
    // SAFETY: the attributes are initialised, and `main` lives as long as the code does.
    let status = unsafe {
        libc::pthread_create(
            &raw mut thread,
            &raw const attributes,
            main,
            ptr::null_mut(),
        )
    };
    // SAFETY: the attributes are initialised, and not used again.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    status == 0
}

/// Whether the calling thread is the one that the process started with.
pub(crate) fn is_first_thread() -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let first = super::process_id() == super::thread_id();
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let first = false;
    first
}

/// Whether the process has no thread but the calling one and the first, which has ended.
pub(crate) fn is_left_alone() -> bool {
    let mut told = [0_u8; 512];
    // SAFETY: the path is a C string.
    let file = unsafe {
        libc::open(
            c"/proc/self/stat".as_ptr(),
            libc::O_RDONLY | libc::O_CLOEXEC,
        )
    };
    if file < 0 {
        return false;
    }
    // SAFETY: the buffer is as long as stated.
    let read = unsafe { libc::read(file, told.as_mut_ptr().cast(), told.len()) };
    // SAFETY: the file was opened above.
    unsafe { libc::close(file) };
    let told = &told[..usize::try_from(read).unwrap_or(0)];
    // The name in parentheses may hold anything. Behind it the state is field 3, the number of threads field 20.
    let Some(end) = told.iter().rposition(|&byte| byte == b')') else {
        return false;
    };
    let mut fields = told[end + 1..]
        .split(|&byte| byte == b' ')
        .filter(|field| !field.is_empty());
    fields.next() == Some(b"Z") && fields.nth(16) == Some(b"2")
}

/// Names the calling thread for debuggers and `top`.
pub(crate) fn name_thread(name: &'static core::ffi::CStr) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the name is a C string that outlives the call.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, name.as_ptr(), 0, 0, 0)
    };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = name;
}
