//! A thread's cache in the initial-exec model, for a library that is the process's `malloc`.
//!
//! What `thread_local!` compiles to in a shared library is a call of `__tls_get_addr`, which costs as much as all the rest
//! of `malloc`, and may itself call `malloc` once other libraries were loaded. Stable Rust has no other model; but a symbol of
//! the thread-local section that assembly defines, and assembly reads, is one. (In an executable the linker makes its
//! offset a constant.) The library then needs room in the static thread-local block: at its start any amount, when it is
//! opened late what glibc spares for that, about 1.6 KiB. A cache takes 16 bytes a class and 64.
//!
//! The section holds what [`LocalBins::new`] makes, byte by byte.

use core::mem::offset_of;

pub use crate::thread_cache::{LocalBins, Locals, SENTINEL};

/// Bytes before the lane, which alone of the head's fields is not zero at first.
pub const BEFORE_LANE: usize = offset_of!(Locals, lane);
/// Bytes between the lane and the bins.
pub const BEFORE_BINS: usize = offset_of!(LocalBins<1>, bins) - BEFORE_LANE - 1;

/// The calling thread's cache of so many classes, as the one C allocator of the process: a block of type
/// `NonNull<Locals>`.
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(miri)))]
#[doc(hidden)]
#[macro_export]
macro_rules! c_api_locals {
    ($classes:literal) => {{
        mod image {
            ::core::arch::global_asm!(
                ".pushsection .tdata,\"awT\",@progbits",
                ".balign 16",
                ".globl orthotope_c_api_bins",
                ".hidden orthotope_c_api_bins",
                "orthotope_c_api_bins:",
                ".zero {before_lane}",
                ".byte 0xff",
                ".zero {before_bins}",
                ".rept {classes}",
                ".quad {sentinel}",
                ".quad 0",
                ".endr",
                ".size orthotope_c_api_bins, . - orthotope_c_api_bins",
                ".popsection",
                before_lane = const $crate::global::image::BEFORE_LANE,
                before_bins = const $crate::global::image::BEFORE_BINS,
                classes = const $classes,
                sentinel = sym $crate::global::image::SENTINEL,
            );
        }
        let locals: *mut $crate::global::image::Locals;
        // SAFETY: it computes an address: the thread's own, at `fs:0`, and the cache's offset from it.
        unsafe {
            ::core::arch::asm!(
                "mov {0}, qword ptr fs:[0]",
                "add {0}, qword ptr [rip + orthotope_c_api_bins@GOTTPOFF]",
                out(reg) locals,
                options(pure, readonly, nostack),
            );
        }
        // SAFETY: no thread-local block starts at null.
        unsafe { ::core::ptr::NonNull::new_unchecked(locals) }
    }};
}

/// The same where there is no such model: what every other allocator has.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64", not(miri))))]
#[doc(hidden)]
#[macro_export]
macro_rules! c_api_locals {
    ($classes:literal) => {{
        ::std::thread_local! {
            static BINS: $crate::global::image::LocalBins<$classes> = const { $crate::global::image::LocalBins::new() };
        }
        BINS.with($crate::global::image::LocalBins::locals)
    }};
}
