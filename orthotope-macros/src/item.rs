//! The annotated item: `static NAME: Type;`, with or without an initialiser.
//!
//! Owns the parser of that one form (syn's own demands the initialiser) and what to say about
//! anything else. What is nearly such a static is read as one, so that the fallback can define it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Path, Token, Type, Visibility};

use crate::errors::Errors;

/// What the attribute stands on.
pub(crate) enum Item {
    /// A static, or what was nearly one if there are errors.
    Static(Static),
    /// Something else, refused: it is passed on as it is.
    Other(TokenStream),
}

/// The parts of `static NAME: Type = initialiser;`.
pub(crate) struct Static {
    /// All other attributes, doc comments included.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) keyword: Token![static],
    pub(crate) name: Ident,
    /// The type to generate.
    pub(crate) ty: Ident,
    /// The expression after `=`, if there is one.
    pub(crate) initialiser: Option<TokenStream>,
}

/// Reads the item.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Item {
    let parser = |input: ParseStream<'_>| parse_static(input, errors);
    match parser.parse2(tokens.clone()) {
        Ok(item) => Item::Static(item),
        Err(error) => {
            errors.add(error);
            Item::Other(tokens)
        }
    }
}

/// An `Err` is what leaves no static to define; all else goes to `errors`.
fn parse_static(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Static> {
    let mut attributes = Attribute::parse_outer(input)?;
    attributes.retain(|attribute| !is_ours(attribute, errors));
    let visibility = input.parse()?;
    let keyword = parse_keyword(input, errors)?;
    let mutability: Option<Token![mut]> = input.parse()?;
    let name: Ident = input.parse()?;
    input.parse::<Token![:]>()?;
    let written: Type = input.parse()?;
    let ty = plain_name(&written).cloned();
    let initialiser = match input.parse::<Option<Token![=]>>()? {
        Some(_) => Some(parse_until_semicolon(input)?),
        None => None,
    };
    input.parse::<Token![;]>()?;

    let is_mutable = mutability.is_some();
    if let Some(mutability) = mutability {
        errors.at(
            mutability.span,
            "an allocator cannot be `static mut`; leave `mut` out, none is needed to allocate",
        );
    }
    if ty.is_none() {
        refuse_type(&written, &name, errors);
    }
    // Only what was written for a plain name can be expected to fit the type that is generated.
    let initialiser = initialiser.filter(|_| ty.is_some() && !is_mutable);
    let ty = ty.unwrap_or_else(|| substitute_name(&written, &name));
    Ok(Static {
        attributes,
        visibility,
        keyword,
        name,
        ty,
        initialiser,
    })
}

/// `static`; a `const` that could have been one is refused and taken for it.
fn parse_keyword(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Token![static]> {
    if input.peek(Token![const]) && input.peek2(syn::Ident) && input.peek3(Token![:]) {
        let keyword: Token![const] = input.parse()?;
        errors.at(
            keyword.span,
            "an allocator is a `static`, which all uses share; write `static` for `const`",
        );
        return Ok(Token![static](keyword.span));
    }
    if input.peek(Token![static]) {
        return input.parse();
    }
    let found = found(input).map_or_else(String::new, |word| format!(", not on `{word}`"));
    Err(input.error(format_args!(
        "the `allocator` attribute goes on a static, `static NAME: Type;`{found}"
    )))
}

/// What kind of item there is instead: `fn`, `unsafe impl`.
fn found(input: ParseStream<'_>) -> Option<String> {
    let ahead = input.fork();
    let mut words = ahead.call(Ident::parse_any).ok()?.to_string();
    while words.ends_with("unsafe") || words.ends_with("async") || words.ends_with("const") {
        let Ok(word) = ahead.call(Ident::parse_any) else {
            break;
        };
        words = format!("{words} {word}");
    }
    Some(words)
}

/// The tokens of an expression: up to the `;`, which inside it stands only in braces.
fn parse_until_semicolon(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![;]) {
        tokens.extend([input.parse::<proc_macro2::TokenTree>()?]);
    }
    Ok(tokens)
}

/// Whether this is the same attribute once more: its expansion would define the type again.
fn is_ours(attribute: &Attribute, errors: &mut Errors) -> bool {
    let is_ours = attribute
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "allocator");
    if is_ours {
        errors.across(
            attribute,
            "this static has the `allocator` attribute twice; merge the two",
        );
    }
    is_ours
}

/// The type's name, if it is nothing but a name.
fn plain_name(ty: &Type) -> Option<&Ident> {
    path_of(ty)
        .and_then(Path::get_ident)
        .filter(|name| is_name(name))
}

/// Whether a type can be called so: `crate`, `self` and their like are paths, but no names.
fn is_name(name: &Ident) -> bool {
    syn::parse2::<Ident>(name.to_token_stream()).is_ok()
}

/// The path that a type is, also when it comes out of a `macro_rules` fragment.
fn path_of(ty: &Type) -> Option<&Path> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(&path.path),
        Type::Group(group) => path_of(&group.elem),
        _ => None,
    }
}

/// Says what is wrong with a type that is no plain name: its generics, or all of it.
fn refuse_type(ty: &Type, name: &Ident, errors: &mut Errors) {
    let generics = path_of(ty).and_then(|path| {
        let last = path.segments.last()?;
        let arguments = &last.arguments;
        (path.segments.len() == 1 && !arguments.is_none()).then_some((&last.ident, arguments))
    });
    match generics {
        Some((ident, arguments)) => errors.across(
            arguments,
            format_args!(
                "the generated type has no generic parameters; write `static {name}: {ident};`"
            ),
        ),
        None => errors.across(
            ty,
            format_args!(
                "the attribute defines the static's type here, so this must be a new name, as in \
                 `static {name}: {};`",
                substitute_name(ty, name)
            ),
        ),
    }
}

/// What to call the type where the name is unusable: the last name in it, or one made from the static's.
fn substitute_name(ty: &Type, name: &Ident) -> Ident {
    let last = path_of(ty).and_then(|path| path.segments.last());
    if let Some(last) = last.filter(|last| is_name(&last.ident)) {
        return last.ident.clone();
    }
    let made = format!("{}Alloc", camel_case(&name.unraw().to_string()));
    // `_1` has no letter to start with.
    syn::parse_str(&made).unwrap_or_else(|_| format_ident!("StaticAlloc"))
}

/// `REQUEST_POOL` as `RequestPool`.
fn camel_case(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            [first.to_uppercase(), rest.to_lowercase()]
        })
        .collect()
}

impl ToTokens for Static {
    /// The static itself, initialised.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attributes,
            visibility,
            keyword,
            name,
            ty,
            initialiser,
        } = self;
        let initialiser = match initialiser {
            Some(expression) => expression.clone(),
            None => quote::quote!(#ty::new()),
        };
        tokens.extend(quote::quote! {
            #(#attributes)*
            #visibility #keyword #name: #ty = #initialiser;
        });
    }
}
