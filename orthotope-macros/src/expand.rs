//! The generated code: a zero-sized type, its one runtime and thread-local, and delegation.
//!
//! Owns the shape of the expansion and nothing that happens in it: whatever can be a function is one
//! in orthotope's `__private`. Validates nothing. All paths are absolute, or start at the one that
//! `crate = …` gave, so that neither shadowed names nor a missing prelude matter; everything but
//! the type and the static is inside `const _`.

mod c_api;
mod methods;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::item::Static;
use crate::model::{Exhausted, HugePages, Preset, Settings};
use crate::purge::Purge;
use crate::size::display;

/// The type, the static and the impls.
pub(crate) fn expand(item: &Static, settings: &Settings, krate: &syn::Path) -> TokenStream {
    let Static {
        visibility,
        name,
        ty,
        ..
    } = item;
    // What configures the static away has to take the type along.
    let cfgs: Vec<_> = item
        .attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    let doc = documentation(&name.to_string(), settings);
    let config = config(settings);
    let methods = methods::methods();
    let (profiling, at_exit) = cfg!(feature = "profiling").then(methods::profiling).unzip();
    // The compiler is told of the file, so that a change of it compiles the crate again.
    let tracked = settings.profile.iter();
    let locals = locals(settings);
    let exports = settings.c_api.then(|| c_api::exports(ty));

    quote! {
        #(#cfgs)*
        #(#[doc = #doc])*
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::default::Default,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
        )]
        #visibility struct #ty;

        #item

        #(#cfgs)*
        const _: () = {
            use #krate::__private;

            #(const _: &[u8] = ::core::include_bytes!(#tracked);)*

            impl #ty { #methods #profiling }

            // SAFETY: `BINS` is this thread's and has one bin per class; `RUNTIME` is the only one.
            unsafe impl __private::Generated for #ty {
                const CONFIG: __private::Config = #config;

                #at_exit

                #[inline(always)]
                fn runtime() -> &'static __private::Runtime {
                    static RUNTIME: __private::Runtime = __private::Runtime::new();
                    &RUNTIME
                }

                #[inline(always)]
                fn locals() -> ::core::ptr::NonNull<__private::Locals> {
                    #locals
                }
            }

            // SAFETY: each function is one of `__private`'s, which has the same contract, and is told the same.
            unsafe impl ::core::alloc::GlobalAlloc for #ty {
                #[inline]
                unsafe fn alloc(&self, layout: ::core::alloc::Layout) -> *mut u8 {
                    unsafe { __private::alloc::<Self>(layout) }
                }

                #[inline]
                unsafe fn dealloc(&self, ptr: *mut u8, layout: ::core::alloc::Layout) {
                    unsafe { __private::dealloc::<Self>(ptr, layout) }
                }

                #[inline]
                unsafe fn realloc(
                    &self,
                    ptr: *mut u8,
                    layout: ::core::alloc::Layout,
                    new_size: usize,
                ) -> *mut u8 {
                    unsafe { __private::realloc::<Self>(ptr, layout, new_size) }
                }

                #[inline]
                unsafe fn alloc_zeroed(&self, layout: ::core::alloc::Layout) -> *mut u8 {
                    unsafe { __private::alloc_zeroed::<Self>(layout) }
                }
            }

            __private::allocator_traits!(#ty);

            #exports
        };
    }
}

/// The calling thread's cache. Where it is C's, the library that it ends up in decides what reaching it may cost.
fn locals(settings: &Settings) -> TokenStream {
    let bins = Literal::usize_unsuffixed(settings.classes.len());
    if settings.c_api {
        return quote!(__private::c_api_locals!(#bins));
    }
    quote! {
        ::std::thread_local! {
            static BINS: __private::LocalBins<#bins> =
                const { __private::LocalBins::new() };
        }
        BINS.with(__private::LocalBins::locals)
    }
}

/// The preset, and a builder call for whatever differs from it.
fn config(settings: &Settings) -> TokenStream {
    let base = Settings::of(settings.preset);
    let mut config = match settings.preset {
        Preset::Tensor => quote!(__private::Config::tensor()),
        Preset::General => quote!(__private::Config::general()),
    };
    let number = Literal::usize_unsuffixed;
    if settings.arena != base.arena {
        let arena = number(settings.arena);
        config.extend(quote!(.with_arena(#arena)));
    }
    if settings.classes != base.classes {
        let classes = settings.classes.iter().copied().map(number);
        config.extend(quote!(.with_classes(&[#(#classes),*])));
    }
    if settings.align != base.align {
        let align = number(settings.align);
        config.extend(quote!(.with_align(#align)));
    }
    if settings.header != base.header {
        let header = settings.header;
        config.extend(quote!(.with_header(#header)));
    }
    if settings.refill != base.refill {
        let refill = number(settings.refill);
        config.extend(quote!(.with_refill(#refill)));
    }
    if settings.cache != base.cache {
        let cache = number(settings.cache);
        config.extend(quote!(.with_cache(#cache)));
    }
    if settings.thread_limit != base.thread_limit
        && let Some(limit) = settings.thread_limit
    {
        let limit = number(limit);
        config.extend(quote!(.with_thread_limit(#limit)));
    }
    if settings.exhausted != base.exhausted {
        let exhausted = match settings.exhausted {
            Exhausted::Grow => quote!(Grow),
            Exhausted::Null => quote!(Null),
        };
        config.extend(quote!(.with_exhausted(__private::Exhausted::#exhausted)));
    }
    if settings.purge != base.purge {
        let purge = match settings.purge {
            Purge::Never => quote!(Never),
            Purge::Eager => quote!(Eager),
            Purge::After(time) => {
                let milliseconds = Literal::u128_unsuffixed(time.as_millis());
                quote!(After(::core::time::Duration::from_millis(#milliseconds)))
            }
        };
        config.extend(quote!(.with_purge(__private::Purge::#purge)));
    }
    if settings.huge_pages != base.huge_pages {
        let huge_pages = match settings.huge_pages {
            HugePages::System => quote!(System),
            HugePages::Always => quote!(Always),
            HugePages::Large => quote!(Large),
            HugePages::Never => quote!(Never),
        };
        config.extend(quote!(.with_huge_pages(__private::HugePages::#huge_pages)));
    }
    if settings.hardened != base.hardened {
        let hardened = settings.hardened;
        config.extend(quote!(.with_hardened(#hardened)));
    }
    if settings.prefetch != base.prefetch {
        let prefetch = settings.prefetch;
        config.extend(quote!(.with_prefetch(#prefetch)));
    }
    if settings.c_api {
        config.extend(quote!(.with_c_api()));
    }
    config
}

/// What editors show for the type, line by line: where it is from, and what it is set to.
fn documentation(name: &str, settings: &Settings) -> [String; 3] {
    let Settings {
        preset,
        arena,
        classes,
        align,
        header,
        purge,
        hardened,
        ..
    } = settings;
    let purge = if *purge == Settings::of(*preset).purge {
        String::new()
    } else {
        format!("; purge {purge}")
    };
    let bounds = match &classes[..] {
        [smallest, .., largest] => {
            format!(
                "{} classes, {} to {}",
                classes.len(),
                display(*smallest),
                display(*largest)
            )
        }
        classes => format!(
            "one class, {}",
            classes.first().copied().map_or_else(String::new, display)
        ),
    };
    [
        format!(" The allocator behind `{name}`, generated by orthotope's `allocator` attribute."),
        String::new(),
        format!(
            " Preset `{}`; {bounds}; alignment {align}; {} headers; arena {}{purge}{}.",
            preset.name(),
            if *header { "with" } else { "without" },
            display(*arena),
            if *hardened { "; hardened" } else { "" },
        ),
    ]
}
