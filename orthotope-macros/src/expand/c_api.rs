//! C's `malloc` family, exported under C's names: `c_api = true`.
//!
//! Owns names and signatures; each body is one call, and what C asks of its caller is the proof of an unsafe one.
//! `valloc` and `pvalloc` pass the `memalign` beside them on, which has the contract that they are to be given. A second allocator with these names does not link, and the linker
//! names them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The exported functions.
pub(super) fn exports(ty: &Ident) -> TokenStream {
    let void = quote!(*mut ::core::ffi::c_void);
    quote! {
        #[unsafe(no_mangle)]
        extern "C" fn malloc(size: usize) -> #void {
            __private::c_api::malloc::<#ty>(size)
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn free(block: #void) {
            unsafe { __private::c_api::free::<#ty>(block) }
        }

        #[unsafe(no_mangle)]
        extern "C" fn calloc(count: usize, size: usize) -> #void {
            __private::c_api::calloc::<#ty>(count, size)
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn realloc(block: #void, size: usize) -> #void {
            unsafe { __private::c_api::realloc::<#ty>(block, size) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn reallocarray(block: #void, count: usize, size: usize) -> #void {
            unsafe { __private::c_api::reallocarray::<#ty>(block, count, size, realloc) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn posix_memalign(
            place: *mut #void,
            align: usize,
            size: usize,
        ) -> ::core::ffi::c_int {
            unsafe { __private::c_api::posix_memalign::<#ty>(place, align, size) }
        }

        #[unsafe(no_mangle)]
        extern "C" fn aligned_alloc(align: usize, size: usize) -> #void {
            __private::c_api::aligned_alloc::<#ty>(align, size)
        }

        #[unsafe(no_mangle)]
        extern "C" fn memalign(align: usize, size: usize) -> #void {
            __private::c_api::memalign::<#ty>(align, size)
        }

        #[unsafe(no_mangle)]
        extern "C" fn valloc(size: usize) -> #void {
            unsafe { __private::c_api::valloc::<#ty>(size, memalign) }
        }

        #[unsafe(no_mangle)]
        extern "C" fn pvalloc(size: usize) -> #void {
            unsafe { __private::c_api::pvalloc::<#ty>(size, memalign) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn malloc_usable_size(block: #void) -> usize {
            unsafe { __private::c_api::malloc_usable_size::<#ty>(block) }
        }
    }
}
