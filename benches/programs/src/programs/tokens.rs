//! `tokenizers`: byte-level BPE over batches of texts, each batch's encodings kept until the next.
//!
//! The model is built here, not trained: letters, syllables, and some pairs and triples of syllables. Words are
//! often new, so that merging is done again and again and not only looked up.

use std::collections::BTreeSet;

use tokenizers::Tokenizer;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use crate::digest::Digest;
use crate::random::Random;

const TEXTS: usize = 1_000;
const WORDS: usize = 120;
const PAIRS: usize = 3_000;
const TRIPLES: usize = 2_000;

/// Tokens, and the merges that make the longer ones out of shorter ones.
struct Model {
    vocabulary: Vocab,
    merges: Vec<(String, String)>,
}

/// Encodes every text once a pass.
pub(super) fn run(passes: u32) -> u64 {
    let mut random = Random::new(0x70_4e45);
    let tokenizer = tokenizer(&mut random);
    let texts: Vec<String> = (0..TEXTS).map(|_| text(&mut random)).collect();
    let mut digest = Digest::new();
    for _ in 0..passes {
        let inputs: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encodings = tokenizer
            .encode_batch(inputs, false)
            .expect("every byte has a token");
        for encoding in &encodings {
            for (&token, &(start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
                digest.word(u64::from(token) << 32 | (start + end) as u64);
            }
            for token in encoding.get_tokens() {
                digest.word(token.len() as u64);
            }
        }
    }
    digest.finish()
}

fn tokenizer(random: &mut Random) -> Tokenizer {
    let model = Model::new(random);
    let model = BPE::builder()
        .vocab_and_merges(model.vocabulary, model.merges)
        .build()
        .expect("every merge is of tokens and gives a token");
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    tokenizer
}

impl Model {
    fn new(random: &mut Random) -> Self {
        let mut model = Self {
            vocabulary: Vocab::new(),
            merges: Vec::new(),
        };
        // Sorted: sets and their order must not differ from process to process.
        for letter in ByteLevel::alphabet()
            .into_iter()
            .collect::<BTreeSet<char>>()
        {
            model.add(letter.to_string());
        }
        let syllables = syllables();
        for syllable in &syllables {
            let (consonant, vowel) = syllable.split_at(1);
            model.merge(consonant, vowel);
        }
        let mut pairs = Vec::new();
        while pairs.len() < PAIRS {
            let (one, other) = (&syllables[random.below(100)], &syllables[random.below(100)]);
            if model.merge(one, other) {
                pairs.push(format!("{one}{other}"));
            }
        }
        for _ in 0..TRIPLES {
            let (pair, other) = (&pairs[random.below(PAIRS)], &syllables[random.below(100)]);
            model.merge(pair, other);
        }
        model
    }

    /// Adds a token that is not there yet; whether it was not.
    fn add(&mut self, token: String) -> bool {
        let next = u32::try_from(self.vocabulary.len()).expect("a vocabulary is small");
        let before = self.vocabulary.len();
        self.vocabulary.entry(token).or_insert(next);
        self.vocabulary.len() > before
    }

    fn merge(&mut self, one: &str, other: &str) -> bool {
        let new = self.add(format!("{one}{other}"));
        if new {
            self.merges.push((one.to_owned(), other.to_owned()));
        }
        new
    }
}

/// 100 syllables of a consonant and a vowel.
fn syllables() -> Vec<String> {
    let consonants = "bcdfghjklmnpqrstvwxz".chars();
    consonants
        .flat_map(|consonant| {
            "aeiou"
                .chars()
                .map(move |vowel| format!("{consonant}{vowel}"))
        })
        .collect()
}

fn text(random: &mut Random) -> String {
    let syllables = syllables();
    let mut text = String::new();
    for word in 0..WORDS {
        if word > 0 {
            text.push_str(random.pick(&[" ", " ", " ", ", ", ". "]));
        }
        for _ in 0..1 + random.below(5) {
            text.push_str(&syllables[random.below(100)]);
        }
    }
    text
}
