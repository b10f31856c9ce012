//! The value of one argument: from tokens to what they mean.
//!
//! Owns the notation of each kind of value (size, word, truth value, path, list) and the message for
//! a value that is not of its kind. Whether a well-formed value is sensible is `validate`'s to say.

use std::fmt::Display;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::Lit;
use syn::parse::Parser;

use crate::args::split_at_commas;
use crate::errors::Errors;
use crate::model::{Element, Written};
use crate::nearest::nearest;
use crate::purge::{Purge, PurgeError, parse_purge};
use crate::size::{self, SizeError};

/// The tokens of a value, and what messages call it: `arena`, `classes[3]`.
pub(crate) struct Value {
    label: String,
    /// At least one, without invisible groups.
    tokens: Vec<TokenTree>,
}

impl Value {
    /// `None` if there are no tokens.
    pub(crate) fn new(label: String, tokens: TokenStream) -> Option<Self> {
        let tokens = visible(tokens);
        (!tokens.is_empty()).then_some(Self { label, tokens })
    }

    /// Bytes, as an integer or a string with a unit.
    pub(crate) fn size(&self, errors: &mut Errors) -> Option<Written<usize>> {
        let size = match self.literal() {
            Some(Lit::Int(int)) => size::parse_integer(int.base10_digits(), int.suffix()),
            Some(Lit::Str(text)) => size::parse_size(&text.value()),
            Some(Lit::Float(_)) => Err(SizeError::Fraction),
            _ => Err(SizeError::Malformed),
        };
        match size {
            Ok(size) => Some(self.written(size)),
            Err(error) => self.refuse(errors, format_args!("{} {error}", self.subject())),
        }
    }

    /// `true` or `false`.
    pub(crate) fn truth(&self, errors: &mut Errors) -> Option<Written<bool>> {
        match self.word().as_deref() {
            Some("true") => Some(self.written(true)),
            Some("false") => Some(self.written(false)),
            _ => {
                let label = &self.label;
                self.refuse(
                    errors,
                    format_args!("`{label}` must be `true` or `false`{}", self.not()),
                )
            }
        }
    }

    /// One of a few words, in quotes.
    pub(crate) fn choice<T: Copy>(
        &self,
        legal: &[(&str, T)],
        errors: &mut Errors,
    ) -> Option<Written<T>> {
        let quoted = match self.literal() {
            Some(Lit::Str(text)) => Some(text.value()),
            _ => None,
        };
        let named = |name: &str| legal.iter().find(|(word, _)| *word == name);
        if let Some((_, value)) = quoted.as_deref().and_then(named) {
            return Some(self.written(*value));
        }
        let word = quoted.or_else(|| self.word()).unwrap_or_default();
        let mend = nearest(&word, legal.iter().map(|(word, _)| *word))
            .map_or_else(String::new, |meant| format!("; write \"{meant}\""));
        let (label, not) = (&self.label, self.not());
        self.refuse(
            errors,
            format_args!("`{label}` must be {}{not}{mend}", either(legal)),
        )
    }

    /// Any text, in quotes.
    pub(crate) fn text(&self, errors: &mut Errors) -> Option<Written<String>> {
        match self.literal() {
            Some(Lit::Str(text)) => Some(self.written(text.value())),
            _ => {
                let label = &self.label;
                self.refuse(
                    errors,
                    format_args!("`{label}` must be a string in quotes{}", self.not()),
                )
            }
        }
    }

    /// When unused pages go back.
    pub(crate) fn purge(&self, errors: &mut Errors) -> Option<Written<Purge>> {
        let purge = match self.literal() {
            Some(Lit::Str(text)) => parse_purge(&text.value()),
            _ => Err(PurgeError::malformed(&self.shown().unwrap_or_default())),
        };
        match purge {
            Ok(purge) => Some(self.written(purge)),
            Err(error) => self.refuse(errors, format_args!("{} {error}", self.subject())),
        }
    }

    /// A path without generics, `crate` and `::name` included.
    pub(crate) fn path(&self, errors: &mut Errors) -> Option<Written<syn::Path>> {
        let tokens = self.tokens.iter().cloned().collect();
        if let Ok(path) = syn::Path::parse_mod_style.parse2(tokens) {
            return Some(self.written(path));
        }
        let (label, not) = (&self.label, self.not());
        let mend = match self.literal() {
            Some(Lit::Str(_)) => "; leave the quotes out",
            _ => "",
        };
        let example = "such as `::orthotope` or `crate`";
        self.refuse(
            errors,
            format_args!("`{label}` must be a path {example}{not}{mend}"),
        )
    }

    /// Sizes in brackets. The list's span is that of the brackets.
    pub(crate) fn sizes(&self, errors: &mut Errors) -> Option<Written<Vec<Element>>> {
        let [TokenTree::Group(list)] = &self.tokens[..] else {
            return self.refuse_list(errors);
        };
        if list.delimiter() != Delimiter::Bracket {
            return self.refuse_list(errors);
        }
        let elements = split_at_commas(list.stream(), errors)
            .into_iter()
            .enumerate()
            .filter_map(|(index, tokens)| Self::new(format!("{}[{index}]", self.label), tokens))
            .map(|element| element.size(errors))
            .collect();
        Some(self.written(elements))
    }

    fn refuse_list<T>(&self, errors: &mut Errors) -> Option<T> {
        let (label, not) = (&self.label, self.not());
        self.refuse(
            errors,
            format_args!("`{label}` must be a list of sizes such as `[64, 256, \"64KiB\"]`{not}"),
        )
    }

    fn literal(&self) -> Option<Lit> {
        match &self.tokens[..] {
            [TokenTree::Literal(literal)] => Some(Lit::new(literal.clone())),
            _ => None,
        }
    }

    fn word(&self) -> Option<String> {
        match &self.tokens[..] {
            [TokenTree::Ident(word)] => Some(word.to_string()),
            _ => None,
        }
    }

    /// The value's text, where it is short enough to be repeated in a message.
    fn shown(&self) -> Option<String> {
        match &self.tokens[..] {
            [TokenTree::Literal(literal)] => Some(literal.to_string()),
            [TokenTree::Ident(word)] => Some(word.to_string()),
            [TokenTree::Punct(minus), TokenTree::Literal(literal)] if minus.as_char() == '-' => {
                Some(format!("-{literal}"))
            }
            _ => None,
        }
    }

    /// How a sentence about this value begins.
    fn subject(&self) -> String {
        match self.shown() {
            Some(text) => format!("`{}` = {text}", self.label),
            None => format!("the value of `{}`", self.label),
        }
    }

    /// How a sentence that said what the value must be ends.
    fn not(&self) -> String {
        match (self.word(), self.shown()) {
            (Some(word), _) => format!(", not `{word}`"),
            (None, Some(text)) => format!(", not {text}"),
            (None, None) => String::new(),
        }
    }

    fn written<T>(&self, value: T) -> Written<T> {
        let span = self
            .tokens
            .first()
            .map_or_else(Span::call_site, TokenTree::span);
        Written {
            value,
            text: self.shown().unwrap_or_default(),
            span,
        }
    }

    fn refuse<T>(&self, errors: &mut Errors, message: impl Display) -> Option<T> {
        errors.across(
            self.tokens.iter().cloned().collect::<TokenStream>(),
            message,
        );
        None
    }
}

/// The tokens without the invisible groups in which `macro_rules` passes its fragments on.
fn visible(tokens: TokenStream) -> Vec<TokenTree> {
    let mut visible = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                visible.extend(self::visible(group.stream()));
            }
            token => visible.push(token),
        }
    }
    visible
}

/// `"a", "b" or "c"`.
fn either<T>(legal: &[(&str, T)]) -> String {
    let mut text = String::new();
    for (index, (word, _)) in legal.iter().enumerate() {
        text += match index {
            0 => "",
            _ if index + 1 == legal.len() => " or ",
            _ => ", ",
        };
        text += &format!("\"{word}\"");
    }
    text
}

/// Whether `token` is a complete value, so that only a comma can follow it.
pub(crate) fn is_complete(token: &TokenTree) -> bool {
    match token {
        TokenTree::Literal(_) => true,
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        TokenTree::Ident(word) => is_truth(word),
        TokenTree::Punct(_) => false,
    }
}

fn is_truth(word: &Ident) -> bool {
    word == "true" || word == "false"
}
