//! What the generated type offers by itself, beside `GlobalAlloc`.
//!
//! Owns names, signatures and documentation, which users' editors show; each body is one call. Where that is unsafe, the
//! function that is called has the contract that is documented here, so the caller's promise is the proof.

use proc_macro2::TokenStream;
use quote::quote;

/// The inherent constants and functions, with their documentation.
pub(super) fn methods() -> TokenStream {
    quote! {
        /// The configuration, as the attribute's arguments described it.
        pub const CONFIG: __private::Config = <Self as __private::Generated>::CONFIG;

        /// Largest request, in bytes, that each size class serves, smallest first.
        pub const CLASSES: &'static [usize] = Self::CONFIG.classes;

        /// The allocator. Every value stands for the same one.
        #[inline]
        #[must_use]
        pub const fn new() -> Self {
            Self
        }

        /// Allocates `size` bytes, aligned as [`CONFIG`](Self::CONFIG) says.
        ///
        /// # Errors
        ///
        /// `AllocError::ZeroSize` for zero bytes, `AllocError::OutOfMemory` if there is no room,
        /// `AllocError::GlobalInitFailed` if the system refused every size of arena.
        #[inline]
        pub fn allocate(
            size: usize,
        ) -> ::core::result::Result<::core::ptr::NonNull<u8>, __private::AllocError> {
            __private::allocate::<Self>(size)
        }

        /// Frees a block.
        ///
        /// # Errors
        ///
        /// A `FreeError` that says why `ptr` is seen not to be a live block of this allocator, which is left as it was.
        ///
        /// # Safety
        ///
        /// `ptr` is a live block that this allocator handed out, and is not used afterwards.
        #[inline]
        pub unsafe fn deallocate(
            ptr: ::core::ptr::NonNull<u8>,
        ) -> ::core::result::Result<(), __private::FreeError> {
            unsafe { __private::deallocate::<Self>(ptr) }
        }

        /// Frees a block whose requested size the caller knows.
        ///
        /// # Errors
        ///
        /// As [`deallocate`](Self::deallocate), and `FreeError::SizeMismatch` if the block is known to have been requested
        /// with another size: it stays live.
        ///
        /// # Safety
        ///
        /// As for [`deallocate`](Self::deallocate); `size` is what was requested.
        #[inline]
        pub unsafe fn deallocate_with_size(
            ptr: ::core::ptr::NonNull<u8>,
            size: usize,
        ) -> ::core::result::Result<(), __private::FreeError> {
            unsafe { __private::deallocate_with_size::<Self>(ptr, size) }
        }

        /// Bytes that may be used at `ptr`: at least as many as were requested.
        ///
        /// # Errors
        ///
        /// A `FreeError` that says why `ptr` is seen not to be a live block of this allocator.
        ///
        /// # Safety
        ///
        /// `ptr` is a live block that this allocator handed out.
        #[inline]
        pub unsafe fn usable_size(
            ptr: ::core::ptr::NonNull<u8>,
        ) -> ::core::result::Result<usize, __private::FreeError> {
            unsafe { __private::usable_size::<Self>(ptr) }
        }

        /// Hands the free blocks that the calling thread's cache keeps to the pool that all threads share: any
        /// thread may take them, and their memory can go back to the system. Live blocks stay as they are.
        ///
        /// For a thread that is about to wait for long, from the hook that a runtime has for it: tokio's
        /// `on_thread_park` takes this function as it is. A thread that ends has its cache emptied without it. The
        /// thread's next allocation of a class refills the cache, so it does not belong in a busy loop.
        #[inline]
        pub fn flush_thread() {
            __private::flush_thread::<Self>();
        }

        /// Gives memory that holds no block back to the system now, whatever [`CONFIG`](Self::CONFIG) says of
        /// purging. The calling thread's cache is emptied first; what other threads' caches keep stays.
        ///
        /// For the end of a peak, such as a model unloaded: it makes system calls, and memory that went back is
        /// faulted in anew when it is used again.
        #[inline]
        pub fn purge_now() {
            __private::purge_now::<Self>();
        }

        /// A best-effort snapshot of what the allocator holds.
        #[inline]
        #[must_use]
        pub fn stats() -> __private::Stats {
            __private::stats::<Self>()
        }
    }
}

/// What the feature `profiling` adds to them, and to the type's `Generated`.
pub(super) fn profiling() -> (TokenStream, TokenStream) {
    let methods = quote! {
        /// Writes which stacks asked for the blocks that are live, and for all that ever were: a gzipped profile as
        /// `pprof` reads it, symbols included, with the sample types `alloc_objects`, `alloc_space`, `inuse_objects`
        /// (blocks) and `inuse_space` (bytes requested).
        ///
        /// The numbers are estimates from a sample of the blocks, one each 512 KiB on average; see
        /// [`set_heap_sample_interval`](Self::set_heap_sample_interval). Other threads go on meanwhile. Finding symbols
        /// reads the program's file, which takes from milliseconds to seconds the first time.
        ///
        /// # Errors
        ///
        /// Those of `writer`.
        pub fn heap_profile(
            writer: impl ::std::io::Write,
        ) -> ::std::io::Result<()> {
            __private::heap_profile::<Self>(writer)
        }

        /// Sets how many bytes of requests lie between two samples of the heap profile, on average; 0 takes none.
        ///
        /// It holds from now on: blocks that are in the profile keep what they were sampled with, and a thread that is
        /// on its way to a sample, or looks again after 64 MiB since there were to be none, gets there first. Without a call
        /// it is what the variable `ORTHOTOPE_HEAP_SAMPLE` says, or 512 KiB.
        pub fn set_heap_sample_interval(bytes: usize) {
            __private::set_heap_sample_interval::<Self>(bytes);
        }
    };
    let at_exit = quote! {
        const WRITE_HEAP_AT_EXIT: ::core::option::Option<extern "C" fn()> =
            ::core::option::Option::Some(__private::write_at_exit);
    };
    (methods, at_exit)
}
