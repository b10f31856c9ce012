//! What the seam itself keeps for each thread: all zero at first, without a destructor.
//!
//! On x86-64 Linux it is reached in the initial-exec model, whatever it is linked into. What `thread_local!` compiles to
//! in a shared library, `__tls_get_addr`, may call `malloc` once other libraries were loaded: in the middle of giving a
//! thread its words back to itself. An allocator that is the process's `malloc` must not get there.

use core::cell::Cell;

use super::exit::AtExit;
use crate::sync::AtomicU32;

/// A thread's words.
#[repr(C)]
pub(super) struct Words {
    /// The hooks that run when the thread exits, latest first.
    pub(super) hooks: Cell<*mut AtExit>,
    /// Rounds of destructors that have passed.
    pub(super) rounds: Cell<u32>,
    /// The thread's number; 0 until it is asked for.
    pub(super) id: Cell<u32>,
    /// The word of the lock whose wake-up the thread may have in hand; null if it has none.
    pub(super) owes: Cell<*const AtomicU32>,
}

#[cfg(all(target_os = "linux", target_arch = "x86_64", not(miri)))]
mod place {
    use super::Words;

    // The version keeps two of this crate in one program apart.
    core::arch::global_asm!(
        ".pushsection .tbss,\"awT\",@nobits",
        ".balign 16",
        concat!(".globl orthotope_words_", env!("CARGO_PKG_VERSION")),
        concat!(".hidden orthotope_words_", env!("CARGO_PKG_VERSION")),
        concat!("orthotope_words_", env!("CARGO_PKG_VERSION"), ":"),
        ".zero {bytes}",
        concat!(".size orthotope_words_", env!("CARGO_PKG_VERSION"), ", {bytes}"),
        ".popsection",
        bytes = const size_of::<Words>(),
    );

    /// The calling thread's words.
    #[inline]
    pub(super) fn with<R>(visit: impl FnOnce(&Words) -> R) -> R {
        let words: *const Words;
        // SAFETY: it computes an address: the thread's own, at `fs:0`, and the words' offset from it.
        unsafe {
            core::arch::asm!(
                "mov {0}, qword ptr fs:[0]",
                concat!(
                    "add {0}, qword ptr [rip + orthotope_words_",
                    env!("CARGO_PKG_VERSION"),
                    "@GOTTPOFF]"
                ),
                out(reg) words,
                options(pure, readonly, nostack),
            );
        }
        // SAFETY: they are the thread's for as long as it runs; all zero is a valid value.
        visit(unsafe { &*words })
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", not(miri))))]
mod place {
    use core::cell::Cell;
    use core::ptr;

    use super::Words;

    std::thread_local! {
        static WORDS: Words = const {
            Words {
                hooks: Cell::new(ptr::null_mut()),
                rounds: Cell::new(0),
                id: Cell::new(0),
                owes: Cell::new(ptr::null()),
            }
        };
    }

    /// The calling thread's words.
    #[inline]
    pub(super) fn with<R>(visit: impl FnOnce(&Words) -> R) -> R {
        WORDS.with(visit)
    }
}

/// Lends the calling thread's words.
#[inline]
pub(super) fn with_words<R>(visit: impl FnOnce(&Words) -> R) -> R {
    place::with(visit)
}
