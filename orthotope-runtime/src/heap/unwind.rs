//! The calling thread's stack, as the unwinder of the standard library sees it.
//!
//! `_Unwind_Backtrace` is what panics stand on, so it is linked already and needs no frame pointers. It keeps its state
//! on the stack. To find a function's unwind table, libgcc asks the loader: with glibc 2.35 and newer without a lock,
//! before under the loader's own, which is why no lock of ours is held meanwhile. It allocates only for code that was
//! registered by hand (a JIT's), and the thread picks no sample until it is through.

use core::ffi::{c_int, c_void};

/// Frames that are kept of a stack, innermost first; what is further out is cut.
pub(super) const MOST_FRAMES: usize = 64;

unsafe extern "C" {
    fn _Unwind_Backtrace(
        visit: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIPInfo(frame: *mut c_void, before: *mut c_int) -> usize;
}

/// `_URC_NO_REASON`: go on.
const GO_ON: c_int = 0;
/// `_URC_END_OF_STACK`: enough.
const ENOUGH: c_int = 5;

/// A stack: for each frame an address inside the call that it waits for.
pub(super) struct Trace {
    frames: [usize; MOST_FRAMES],
    len: usize,
}

impl Trace {
    /// The stack of the caller.
    #[inline(never)]
    pub(super) fn here() -> Self {
        let mut trace = Self {
            frames: [0; MOST_FRAMES],
            len: 0,
        };
        // SAFETY: `note` takes what it is called with here, a trace that outlives the call.
        unsafe { _Unwind_Backtrace(note, (&raw mut trace).cast()) };
        trace
    }

    pub(super) fn frames(&self) -> &[usize] {
        &self.frames[..self.len]
    }
}

/// # Safety
///
/// `frame` is the unwinder's, `trace` a [`Trace`].
unsafe extern "C" fn note(frame: *mut c_void, trace: *mut c_void) -> c_int {
    // SAFETY: it is what `here` passed on, and nobody looks at it meanwhile.
    let trace = unsafe { &mut *trace.cast::<Trace>() };
    let mut before = 0;
    // SAFETY: the frame is the one that the unwinder is at.
    let address = unsafe { _Unwind_GetIPInfo(frame, &raw mut before) };
    if address == 0 || trace.len == MOST_FRAMES {
        return ENOUGH;
    }
    // A return address may be the next function's first.
    trace.frames[trace.len] = address - usize::from(before == 0);
    trace.len += 1;
    GO_ON
}
