//! The attribute on whatever tokens: it never panics, and what it expands to without an error is Rust.
//!
//! Owns how bytes become tokens, for the fuzzer and for a test of a few thousand random inputs alike. A proc-macro
//! crate exports nothing but its macros, so `tests/fuzz` compiles this crate's root as a plain library of its own,
//! with `cfg(fuzzing)`, where [`check`] is exported and the macro is left out.

use std::str::FromStr;

use proc_macro2::TokenStream;

/// What a byte from 128 on stands for; one below is the ASCII character that it is. A fuzzer that flips bytes swaps
/// words of the language by that, and seeds are plain text. The arguments come first.
const WORDS: &[&str] = &[
    "preset = ",
    "arena = ",
    "classes = ",
    "profile = ",
    "align = ",
    "header = ",
    "refill = ",
    "cache = ",
    "thread_limit = ",
    "exhausted = ",
    "purge = ",
    "huge_pages = ",
    "c_api = ",
    "hardened = ",
    "prefetch = ",
    "crate = ",
    "\"tensor\"",
    "\"general\"",
    "\"grow\"",
    "\"null\"",
    "\"never\"",
    "\"eager\"",
    "\"10s\"",
    "\"1ms\"",
    "\"5m\"",
    "\"system\"",
    "\"always\"",
    "\"large\"",
    "true",
    "false",
    "\"64B\"",
    "\"4KiB\"",
    "\"1MiB\"",
    "\"4GiB\"",
    "\"16TiB\"",
    "0",
    "1",
    "8",
    "16",
    "48",
    "64",
    "4096",
    "0x1000",
    "1_000u32",
    "18446744073709551615",
    "99999999999999999999999999",
    "64.0",
    "-1",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "<",
    ">",
    ", ",
    ";",
    ": ",
    "::",
    " = ",
    "#",
    "!",
    "'a ",
    "\"",
    "crate",
    "self",
    "super",
    "::orthotope",
    "static ",
    "mut ",
    "pub ",
    "pub(crate) ",
    "pub(in crate) ",
    "const ",
    "fn f() {}",
    "struct S;",
    "impl S {}",
    "GLOBAL",
    "r#static",
    "ServeAlloc",
    "ServeAlloc::new()",
    "crate::ServeAlloc",
    "ServeAlloc<T>",
    "&'static u8",
    "#[global_allocator]",
    "#[orthotope::allocator]",
    "#[allocator(arena = 1)]",
    "#[cfg(any())]",
    "/// words\n",
    "r\"4KiB\"",
    "b\"4KiB\"",
    "c\"4KiB\"",
    "'4'",
    "usize::MAX",
    "4 << 10",
    "[64, 256, \"64KiB\"]",
    "[64; 3]",
    "\u{b5}",
    "\u{1f980}",
];

/// What stands between the arguments and the item.
const SEPARATOR: u8 = 0;

/// The two texts that bytes stand for.
fn texts(bytes: &[u8]) -> [String; 2] {
    let mut parts = bytes.splitn(2, |&byte| byte == SEPARATOR).map(|part| {
        part.iter().fold(String::new(), |mut text, &byte| {
            match byte.checked_sub(128) {
                None => text.push(char::from(byte)),
                Some(word) => text.push_str(WORDS[usize::from(word) % WORDS.len()]),
            }
            text
        })
    });
    [(); 2].map(|()| parts.next().unwrap_or_default())
}

/// Expands the attribute on what `bytes` stand for, unless the compiler could not even cut that into tokens.
///
/// # Panics
///
/// If the attribute panics, or expands to something else than Rust without saying that anything is wrong.
pub(crate) fn check(bytes: &[u8]) {
    let [arguments, item] = texts(bytes).map(|text| TokenStream::from_str(&text).ok());
    let (Some(arguments), Some(item)) = (arguments, item) else {
        return;
    };
    // The compiler asks nobody about an item that it cannot parse itself.
    let parsed = syn::parse2::<syn::Item>(item.clone()).is_ok();
    let expansion = crate::attribute(arguments, item);
    let refused = expansion.to_string().contains("compile_error");
    let file = syn::parse2::<syn::File>(expansion);
    assert!(
        !parsed || refused || file.is_ok_and(|file| !file.items.is_empty()),
        "an expansion without an error defines something"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ARGUMENTS;

    /// Random inputs a run; `ORTHOTOPE_RANDOM_INPUTS` in the environment says another number.
    const INPUTS: u32 = 4_000;

    fn inputs() -> u32 {
        std::env::var("ORTHOTOPE_RANDOM_INPUTS")
            .map_or(INPUTS, |text| text.parse().expect("a number of inputs"))
    }

    /// Whole arguments and an item, which random bytes do not hit on by themselves.
    fn plausible(next: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
        let word = |text: &str| {
            let index = WORDS.iter().position(|word| *word == text);
            128 + index.expect("it is one of the words") as u8
        };
        let mut bytes = Vec::new();
        for _ in 0..next(6) {
            let (names, words) = (ARGUMENTS.len(), WORDS.len());
            bytes.push(128 + next(names) as u8);
            for _ in 0..1 + next(8) / 7 {
                bytes.push((128 + names + next(words - names)) as u8);
            }
            bytes.push(word(", "));
        }
        bytes.push(SEPARATOR);
        let item = ["static ", "GLOBAL", ": ", "ServeAlloc", ";"];
        bytes.extend(item.map(word));
        for _ in 0..next(3) {
            let at = next(bytes.len());
            bytes.insert(at, next(256) as u8);
        }
        bytes
    }

    #[test]
    fn the_words_begin_with_every_argument() {
        let arguments = ARGUMENTS.map(|known| format!("{} = ", known.name));
        assert_eq!(WORDS[..ARGUMENTS.len()], arguments);
    }

    #[test]
    fn random_tokens_expand_or_are_refused() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |bound: usize| {
            // Marsaglia, "Xorshift RNGs", 2003.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as usize % bound
        };
        for round in 0..inputs() {
            let bytes = if round % 2 == 0 {
                plausible(&mut next)
            } else {
                (0..next(40)).map(|_| next(256) as u8).collect()
            };
            let told = std::panic::catch_unwind(|| check(&bytes));
            assert!(told.is_ok(), "input {round}: {:?}", texts(&bytes));
        }
    }

    #[test]
    fn what_was_found_stays_mended() {
        let found = [
            // Paths, but no names.
            "\0static GLOBAL: crate = A;",
            "\0static GLOBAL: self;",
            // No type is called `1Alloc`.
            "\0static _1: &'static u8;",
        ];
        for text in found {
            check(text.as_bytes());
            let [arguments, item] =
                texts(text.as_bytes()).map(|text| text.parse().expect("tokens"));
            let expansion = crate::attribute(arguments, item);
            assert!(expansion.to_string().contains("compile_error"), "{text:?}");
            syn::parse2::<syn::File>(expansion).expect("the static is defined all the same");
        }
    }

    #[test]
    fn seeds_of_the_fuzzer_expand_or_are_refused() {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz/seeds/attribute");
        // A published crate comes without the workspace around it.
        let Ok(files) = std::fs::read_dir(seeds) else {
            println!("skipped: there is no {seeds}");
            return;
        };
        for file in files {
            let path = file.expect("an entry of the folder").path();
            let bytes = std::fs::read(&path).expect("a seed can be read");
            let told = std::panic::catch_unwind(|| check(&bytes));
            assert!(told.is_ok(), "{}: {:?}", path.display(), texts(&bytes));
        }
    }
}
