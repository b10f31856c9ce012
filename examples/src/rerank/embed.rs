//! Text to vector: hashed character n-grams, weighted by TF-IDF, projected onto 384 numbers.
//!
//! A word counts through its n-grams of 3 to 5 characters (ends marked) and as a whole, so that inflected and
//! misspelt words stay close. Each distinct n-gram hashes to a *slot*, whose document frequency is known, and
//! the slot to one of the dimensions with a sign; collisions then cancel out on average instead of adding up.
//! Everything is computed in a fixed order on one thread: equal text gives equal vectors, bit for bit.

use std::sync::atomic::{AtomicU32, Ordering};

/// Numbers in an embedding.
pub const DIMENSIONS: usize = 384;

/// Document frequencies are counted for this many hashes. 2^20 of four bytes keep collisions of n-grams rare
/// up to some hundred thousand passages, and their memory bounded whatever the folder holds.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 20;

/// Lengths of the n-grams.
const GRAMS: std::ops::RangeInclusive<usize> = 3..=5;

/// Stands before and after every word, so that its ends make n-grams of their own.
const EDGE: char = '\u{2}';

/// An n-gram of a text: its slot, and how often it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    slot: u32,
    count: u32,
}

impl Feature {
    /// What the n-gram hashed to; features of a text are ordered by it.
    #[must_use]
    pub fn slot(self) -> u32 {
        self.slot
    }
}

/// The distinct n-grams of a text, ordered by slot.
#[must_use]
pub fn features(text: &str) -> Vec<Feature> {
    let mut slots = Vec::new();
    for_each_word(text, |word| {
        for length in GRAMS {
            slots.extend(word.windows(length).map(slot));
        }
        if word.len() > *GRAMS.end() {
            slots.push(slot(word));
        }
    });
    slots.sort_unstable();
    slots
        .chunk_by(|a, b| a == b)
        .map(|equal| Feature {
            slot: equal[0],
            count: u32::try_from(equal.len()).unwrap_or(u32::MAX),
        })
        .collect()
}

/// Calls `found` with every word in lower case, its ends marked. Words are runs of letters and digits, and end
/// where camelCase starts the next.
fn for_each_word(text: &str, mut found: impl FnMut(&[char])) {
    let mut word = vec![EDGE];
    let mut previous_is_lowercase = false;
    // The blank at the end closes the last word.
    for c in text.chars().chain([' ']) {
        let ends = !c.is_alphanumeric() || (previous_is_lowercase && c.is_uppercase());
        if ends && word.len() > 1 {
            word.push(EDGE);
            found(&word);
            word.truncate(1);
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous_is_lowercase = c.is_lowercase();
    }
}

/// Hashes an n-gram: FNV-1a over its characters, mixed so that the slot's bits depend on all of them.
fn slot(gram: &[char]) -> u32 {
    let hash = gram.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &c| {
        (hash ^ u64::from(c)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (mix(hash) >> (u64::BITS - SLOT_BITS)) as u32
}

/// A finaliser of the splitmix kind: every bit of the input reaches every bit of the output.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// In how many passages each slot occurs. Shared by the workers of the first pass: sums come out the same in
/// any order.
#[derive(Debug)]
pub struct Frequencies(Vec<AtomicU32>);

impl Frequencies {
    /// None counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self((0..SLOTS).map(|_| AtomicU32::new(0)).collect())
    }

    /// Counts one passage.
    pub fn add(&self, features: &[Feature]) {
        for feature in features {
            self.0[feature.slot as usize].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The weight of every slot, once all of `passages` are counted.
    #[must_use]
    pub fn into_weights(self, passages: usize) -> Weights {
        let all = passages as f32 + 1.0;
        Weights(
            self.0
                .into_iter()
                .map(|count| (all / (count.into_inner() as f32 + 1.0)).ln() + 1.0)
                .collect(),
        )
    }
}

impl Default for Frequencies {
    fn default() -> Self {
        Self::new()
    }
}

/// The inverse document frequency of every slot: rare n-grams tell passages apart, common ones hardly.
#[derive(Debug)]
pub struct Weights(Vec<f32>);

impl Weights {
    /// What this n-gram is worth, occurring once.
    #[must_use]
    pub fn of(&self, feature: Feature) -> f32 {
        self.0[feature.slot as usize]
    }

    /// The vector of a text, of length 1; all zero if the text has no words.
    #[must_use]
    pub fn embed(&self, features: &[Feature]) -> Embedding {
        let mut vector = Box::new([0.0; DIMENSIONS]);
        for &feature in features {
            // A word said ten times does not make a passage ten times as relevant.
            let weight = self.of(feature) * (1.0 + (feature.count as f32).ln());
            let hash = mix(u64::from(feature.slot) + 1);
            let dimension = ((hash >> 32) % DIMENSIONS as u64) as usize;
            vector[dimension] += if hash & 1 == 0 { weight } else { -weight };
        }
        let length = dot(&vector, &vector).sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x /= length);
        }
        Embedding(vector)
    }
}

/// A text as a point on the unit sphere: 1536 bytes of its own, as a service that adds and drops passages
/// would keep it.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Box<[f32; DIMENSIONS]>);

impl Embedding {
    /// How alike two texts are, from -1 to 1: the cosine, both vectors being of length 1.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        dot(&self.0, &other.0)
    }
}

fn dot(a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]) -> f32 {
    // Separate sums, one per lane: floating-point addition may not be reordered, so a single sum could not
    // be vectorised.
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}
