//! The attribute of the orthotope allocator.
//!
//! Owns the way from `#[orthotope::allocator(…)] static GLOBAL: ServeAlloc;` to the generated type.
//! Use it as `orthotope::allocator`: the code it generates calls into that crate.
//!
//! A pipeline; each stage has one input and one output type, and adds what it finds wrong to one
//! collection, so that all errors of an attribute are reported at once. In reading order:
//!
//! | stage | turns | into |
//! | --- | --- | --- |
//! | `args` (with `value`, `size`, `purge`) | the attribute's tokens | `model::Arguments`, what was written, with spans |
//! | `item` | the annotated tokens | `item::Item`, the static |
//! | `validate` (with `profile`) | `Arguments` | `model::Settings`, resolved: no rule is left to check |
//! | `expand` | `Static` and `Settings` | the generated code |
//! | `fallback` | `Item` and the errors | the errors, and a default type so that nothing else fails |
//!
//! Profiles are read by the runtime's own reader, and not by serde_json: it names the line and the mend in each error, the
//! command line reads with the same one, and no user's build waits for one more dependency.

#![forbid(unsafe_code)]

mod args;
mod errors;
mod expand;
mod fallback;
#[cfg(test)]
mod golden;
mod item;
mod model;
mod nearest;
mod profile;
mod purge;
#[cfg(any(test, fuzzing))]
mod random;
mod size;
mod validate;
mod value;

use crate::errors::Errors;
use crate::item::Item;

// The reference is compiled and run by `orthotope`'s doctests, where what it generates has a crate to call.
#[cfg_attr(not(doctest), doc = include_str!("attribute.md"))]
// Left out where the fuzzer compiles this file as a plain library: see `random`.
#[cfg(not(fuzzing))]
#[proc_macro_attribute]
pub fn allocator(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    attribute(arguments.into(), item.into()).into()
}

/// Expands the attribute on what `bytes` stand for, as `random` says.
///
/// # Panics
///
/// If the attribute panics, or expands to something else than Rust without saying that anything is wrong.
#[cfg(fuzzing)]
pub fn check(bytes: &[u8]) {
    random::check(bytes);
}

/// The attribute on `proc_macro2`'s tokens, which exist outside the compiler too.
fn attribute(
    arguments: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let arguments = args::parse(arguments, &mut errors);
    let item = item::parse(item, &mut errors);
    let settings = validate::validate(&arguments, &mut errors);
    let krate = arguments.orthotope();
    match (&item, &settings) {
        (Item::Static(item), Some(settings)) if errors.is_empty() => {
            expand::expand(item, settings, &krate)
        }
        _ => fallback::expand(&item, &krate, errors),
    }
}
