//! JSON records, as `serde_json` itself writes them: keys in order, no spaces.
//!
//! So what is parsed and written again must be the same text.

use std::fmt::Write as _;

use crate::random::Random;

const WORDS: [&str; 20] = [
    "arena", "span", "slab", "block", "magazine", "depot", "refill", "flush", "purge", "class",
    "page", "to", "of", "by", "Größe", "naïve", "配列", "header", "thread", "cache",
];
const TAGS: [&str; 8] = ["hot", "new", "old", "eu", "us", "a", "b2", "x"];

/// An array of so many records, the same for the same number and seed.
pub(super) fn array(records: usize, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::from("[");
    for record in 0..records {
        if record > 0 {
            text.push(',');
        }
        push_record(&mut text, &mut random, record);
    }
    text.push(']');
    text
}

fn push_record(text: &mut String, random: &mut Random, record: usize) {
    let (east, north) = (random.below(180), random.below(90));
    write!(
        text,
        "{{\"at\":{{\"lat\":{north}.25,\"lon\":{east}.5}},\"body\":\""
    )
    .expect("a string grows");
    push_words(text, random);
    let (live, name, number) = (
        random.below(2) == 0,
        random.pick(&WORDS),
        random.below(1_000),
    );
    write!(
        text,
        "\",\"id\":{record},\"live\":{live},\"name\":\"{name} {number}\",\"tags\":["
    )
    .expect("a string grows");
    for tag in 0..random.below(5) {
        let between = if tag > 0 { "," } else { "" };
        write!(text, "{between}\"{}\"", random.pick(&TAGS)).expect("a string grows");
    }
    text.push_str("]}");
}

fn push_words(text: &mut String, random: &mut Random) {
    for word in 0..1 + random.below(12) {
        if word > 0 {
            text.push(' ');
        }
        text.push_str(random.pick(&WORDS));
    }
}
