//! The attribute's arguments: from `name = value, …` to [`Arguments`].
//!
//! Owns the names, that each is given once, and the punctuation. An error costs one argument: the
//! text is cut at its commas first, so that the others are still read.

use proc_macro2::{Ident, TokenStream, TokenTree};

use crate::errors::Errors;
use crate::model::{ARGUMENTS, Arguments, Exhausted, Given, HugePages, Known, Preset, Written};
use crate::nearest::nearest;
use crate::value::{Value, is_complete};

/// Reads what stands between the attribute's parentheses.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments::default();
    for tokens in split_at_commas(tokens, errors) {
        if let Some((name, value)) = name_and_value(tokens, errors) {
            assign(&mut arguments, name, value.as_ref(), errors);
        }
    }
    arguments
}

/// The tokens between commas; a comma with nothing before it is reported, one at the end is not.
pub(crate) fn split_at_commas(tokens: TokenStream, errors: &mut Errors) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if part.is_empty() {
                    errors.at(comma.span(), "nothing stands before this `,`; remove it");
                } else {
                    parts.push(part.drain(..).collect());
                }
            }
            token => part.push(token),
        }
    }
    if !part.is_empty() {
        parts.push(part.into_iter().collect());
    }
    parts
}

/// Takes one argument apart. Its value is `None` if there is none, which has been reported.
fn name_and_value(tokens: TokenStream, errors: &mut Errors) -> Option<(Ident, Option<Value>)> {
    let mut tokens = tokens.into_iter();
    let name = match tokens.next()? {
        TokenTree::Ident(name) => name,
        token => {
            let list = list_of_arguments();
            errors.at(
                token.span(),
                format_args!("an argument is `name = value` ({list})"),
            );
            return None;
        }
    };
    let Some(known) = ARGUMENTS.iter().find(|known| name == known.name) else {
        errors.at(name.span(), unknown(&name.to_string()));
        return None;
    };
    let usage = format!("`{} = {}`", known.name, known.example);
    match tokens.next() {
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {}
        Some(token) => {
            let message = format!("expected `=` and a value after `{name}`, as in {usage}");
            errors.at(token.span(), message);
            return Some((name, None));
        }
        None => {
            errors.at(
                name.span(),
                format_args!("`{name}` needs a value, as in {usage}"),
            );
            return Some((name, None));
        }
    }
    let value = match tokens.next() {
        Some(first) if is_complete(&first) => match tokens.next() {
            Some(operator @ TokenTree::Punct(_)) => {
                [first, operator].into_iter().chain(tokens).collect()
            }
            Some(rest) => {
                let message = format!("expected `,` after the value of `{name}`");
                errors.at(rest.span(), message);
                first.into()
            }
            None => first.into(),
        },
        first => first.into_iter().chain(tokens).collect(),
    };
    let value = Value::new(name.to_string(), value);
    if value.is_none() {
        errors.at(
            name.span(),
            format_args!("`{name}` needs a value, as in {usage}"),
        );
    }
    Some((name, value))
}

fn unknown(name: &str) -> String {
    let list = list_of_arguments();
    match nearest(name, ARGUMENTS.iter().map(|known| known.name)) {
        Some(meant) => format!("unknown argument `{name}`, did you mean `{meant}`? ({list})"),
        None => format!("unknown argument `{name}` ({list})"),
    }
}

fn list_of_arguments() -> String {
    let names: Vec<_> = ARGUMENTS
        .iter()
        .map(|Known { name, .. }| format!("`{name}`"))
        .collect();
    format!("the arguments are {}", names.join(", "))
}

/// Reads the value as the kind that the name asks for.
fn assign(arguments: &mut Arguments, name: Ident, value: Option<&Value>, errors: &mut Errors) {
    if arguments.name(&name.to_string()).is_some() {
        let message = format!("`{name}` is given twice; keep one of the two");
        errors.at(name.span(), message);
        return;
    }
    let presets = [Preset::Tensor, Preset::General].map(|preset| (preset.name(), preset));
    let exhausted = [("grow", Exhausted::Grow), ("null", Exhausted::Null)];
    let huge_pages = [
        ("system", HugePages::System),
        ("always", HugePages::Always),
        ("large", HugePages::Large),
        ("never", HugePages::Never),
    ];
    match name.to_string().as_str() {
        "preset" => arguments.preset = read(value, errors, |v, e| v.choice(&presets, e)),
        "arena" => arguments.arena = read(value, errors, Value::size),
        "classes" => arguments.classes = read(value, errors, Value::sizes),
        "profile" => arguments.profile = read(value, errors, Value::text),
        "align" => arguments.align = read(value, errors, Value::size),
        "header" => arguments.header = read(value, errors, Value::truth),
        "refill" => arguments.refill = read(value, errors, Value::size),
        "cache" => arguments.cache = read(value, errors, Value::size),
        "thread_limit" => arguments.thread_limit = read(value, errors, Value::size),
        "exhausted" => arguments.exhausted = read(value, errors, |v, e| v.choice(&exhausted, e)),
        "purge" => arguments.purge = read(value, errors, Value::purge),
        "huge_pages" => arguments.huge_pages = read(value, errors, |v, e| v.choice(&huge_pages, e)),
        "c_api" => arguments.c_api = read(value, errors, Value::truth),
        "hardened" => arguments.hardened = read(value, errors, Value::truth),
        "prefetch" => arguments.prefetch = read(value, errors, Value::truth),
        "crate" => arguments.krate = read(value, errors, Value::path),
        name => unreachable!("`{name}` is among the known arguments but has no slot"),
    }
    arguments.names.push(name);
}

/// The value, read as a value of its kind.
fn read<T>(
    value: Option<&Value>,
    errors: &mut Errors,
    kind: impl FnOnce(&Value, &mut Errors) -> Option<Written<T>>,
) -> Given<T> {
    value
        .and_then(|value| kind(value, errors))
        .map_or(Given::Unreadable, Given::Written)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn every_known_argument_reads_its_own_example() {
        for Known { name, example, .. } in ARGUMENTS {
            let mut errors = Errors::default();
            let tokens = format!("{name} = {example}").parse().unwrap();
            let arguments = parse(tokens, &mut errors);
            assert!(arguments.name(name).is_some());
            assert_eq!(errors.messages(), [""; 0], "{name}");
        }
    }

    #[test]
    fn an_error_costs_one_argument() {
        let mut errors = Errors::default();
        let arguments = parse(
            quote!(arena = "much", "align" = 64, colour = 1, header, refill = 1 cache = 2, exhausted = "null",),
            &mut errors,
        );
        assert_eq!(errors.messages().len(), 5);
        assert_eq!(arguments.exhausted.or(None), Some(Exhausted::Null));
        assert_eq!(arguments.refill.or(None), Some(1));
        assert_eq!(arguments.header.or(Some(true)), None);
    }
}
