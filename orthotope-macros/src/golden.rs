//! Expansions, held as files that a reviewer reads: `golden/`.
//!
//! `ORTHOTOPE_BLESS=1 cargo test -p orthotope-macros` writes them anew, but for `profiling.rs`, which is the one with
//! `--features profiling`.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;

#[cfg(not(feature = "profiling"))]
#[test]
fn default_preset() {
    let item = quote! {
        /// The allocator of this program.
        #[global_allocator]
        static GLOBAL: ProgramAlloc;
    };
    compare("default.rs", quote!(), item);
}

#[cfg(not(feature = "profiling"))]
#[test]
fn every_argument() {
    let arguments = quote! {
        preset = "tensor",
        arena = "4GiB",
        classes = [64, 256, 1024, 6144, "64KiB", "1MiB"],
        align = 32,
        header = false,
        refill = "16KiB",
        cache = "128KiB",
        thread_limit = "2MiB",
        exhausted = "null",
        purge = "500ms",
        huge_pages = "always",
        hardened = true,
        prefetch = true,
        crate = crate,
    };
    let item = quote!(
        pub(crate) static SERVE: ServeAlloc = ServeAlloc::new();
    );
    compare("every_argument.rs", arguments, item);
}

#[cfg(not(feature = "profiling"))]
#[test]
fn c_api() {
    compare(
        "c_api.rs",
        quote!(preset = "general", c_api = true),
        quote!(
            static MALLOC: Malloc;
        ),
    );
}

#[cfg(feature = "profiling")]
#[test]
fn profiling() {
    let item = quote!(
        static PROFILED: Profiled;
    );
    compare("profiling.rs", quote!(preset = "general"), item);
}

#[cfg(not(feature = "profiling"))]
#[test]
fn refused() {
    compare(
        "refused.rs",
        quote!(arena = "4GB"),
        quote!(
            static mut POOL: Pool;
        ),
    );
}

/// Compares an expansion with its file, or writes that.
fn compare(name: &str, arguments: TokenStream, item: TokenStream) {
    let expansion = syn::parse2(crate::attribute(arguments, item)).unwrap();
    let expansion = prettyplease::unparse(&expansion);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name);
    if std::env::var_os("ORTHOTOPE_BLESS").is_some() {
        std::fs::write(&path, expansion).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == expansion,
        "the expansion differs from golden/{name}; if it is meant to, bless it with ORTHOTOPE_BLESS=1:\n{expansion}",
    );
}
