//! What is expanded when there are errors: they, and a type that lets all other code compile.

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::expand;
use crate::item::Item;
use crate::model::{Preset, Settings};

/// The errors, and the static with the default preset, or the item that is no static unchanged.
pub(crate) fn expand(item: &Item, krate: &syn::Path, errors: Errors) -> TokenStream {
    let mut tokens = errors.into_tokens();
    tokens.extend(match item {
        Item::Static(item) => expand::expand(item, &Settings::of(Preset::Tensor), krate),
        Item::Other(item) => item.clone(),
    });
    tokens
}
