//! The document that `serde_json`, `regex` and `flate2` read: generated JSON of a given length.
//!
//! Written in the form that `serde_json` writes itself (keys in order, no spaces, shortest numbers), so
//! that parsing and writing it again must give back the same bytes.

use std::fmt::Write as _;

use crate::random::Random;

/// Bytes that the document of the JSON and regex programs has at least.
pub const LARGE: usize = 20 << 20;

const WORDS: [&str; 24] = [
    "arena",
    "span",
    "slab",
    "block",
    "magazine",
    "depot",
    "refill",
    "flush",
    "purge",
    "class",
    "page",
    "directory",
    "Übergröße",
    "naïve",
    "δείγμα",
    "配列",
    "header",
    "thread",
    "cache",
    "central",
    "owner",
    "remote",
    "budget",
    "granule",
];

/// An array of records, at least `least` bytes long, the same for the same `least`.
#[must_use]
pub fn of_at_least(least: usize) -> String {
    let mut random = Random::new(0x0_0427_2026);
    let mut text = String::from("[");
    let mut record = 0;
    while text.len() + 1 < least {
        if record > 0 {
            text.push(',');
        }
        push_record(&mut text, &mut random, record);
        record += 1;
    }
    text.push(']');
    text
}

fn push_record(text: &mut String, random: &mut Random, record: usize) {
    text.push_str("{\"body\":\"");
    for _ in 0..20 + random.below(60) {
        text.push_str(word(random));
        text.push_str(if random.below(12) == 0 {
            ",\\n\\\""
        } else {
            " "
        });
    }
    text.push_str("\",\"geo\":[");
    // Multiples of a quarter are exact in binary and print in full.
    let (degrees, quarters) = (random.below(180), ["0", "25", "5", "75"][random.below(4)]);
    write_to(
        text,
        format_args!("{degrees}.{quarters},-{}.5", random.below(90)),
    );
    write_to(
        text,
        format_args!(
            "],\"id\":{record},\"live\":{},\"mail\":\"",
            random.below(2) == 0
        ),
    );
    let (first, host) = (ascii_word(random), ascii_word(random));
    write_to(
        text,
        format_args!("{first}.{}@{host}.org\",\"next\":", random.below(10_000)),
    );
    match random.below(3) {
        0 => text.push_str("null"),
        1 => write_to(text, format_args!("{}", random.word())),
        _ => write_to(
            text,
            format_args!(
                "{{\"at\":\"20{:02}-{:02}-{:02}\"}}",
                record % 100,
                record % 12 + 1,
                record % 28 + 1
            ),
        ),
    }
    text.push_str(",\"tags\":[");
    for tag in 0..random.below(6) {
        write_to(
            text,
            format_args!("{}\"{}\"", if tag > 0 { "," } else { "" }, word(random)),
        );
    }
    text.push_str("]}");
}

fn write_to(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what)
        .expect("writing to a string does not fail");
}

fn word(random: &mut Random) -> &'static str {
    WORDS[random.below(WORDS.len())]
}

fn ascii_word(random: &mut Random) -> &'static str {
    WORDS[random.below(12)]
}
