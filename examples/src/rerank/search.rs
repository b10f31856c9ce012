//! Queries to answers: the passages whose vectors are closest, and the line in each that fits best.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::embed::{Embedding, Feature, Weights, features};
use super::index::Index;

/// Latency is measured until this many queries have been answered…
const ENOUGH_QUERIES: u64 = 1000;
/// …or this long: a large folder must not make the program slow to end.
const ENOUGH_TIME: Duration = Duration::from_secs(1);

/// A question.
#[derive(Clone, Debug)]
pub struct Query {
    /// As it was asked.
    pub text: String,
    features: Vec<Feature>,
}

impl Query {
    /// Prepares a question.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            features: features(text),
        }
    }

    /// The line of a passage that shares most with the query, its worth summed over the n-grams shared: number
    /// from 0, and text. The first of equals, hence the first line of all if none shares anything.
    #[must_use]
    pub fn best_line<'a>(&self, passage: &'a str, weights: &Weights) -> (usize, &'a str) {
        let mut best = (0, "", -1.0);
        for (number, line) in passage.lines().enumerate() {
            let shared = self.shared(&features(line), weights);
            if shared > best.2 {
                best = (number, line, shared);
            }
        }
        (best.0, best.1)
    }

    fn shared(&self, line: &[Feature], weights: &Weights) -> f32 {
        let worth = |&feature: &Feature| {
            self.features
                .binary_search_by_key(&feature.slot(), |own| own.slot())
                .map_or(0.0, |_| weights.of(feature))
        };
        line.iter().map(worth).sum()
    }
}

/// A passage that answers a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Position in the corpus.
    pub passage: usize,
    /// Cosine of query and passage.
    pub score: f32,
}

impl Hit {
    /// Best first; equals in the corpus' order.
    fn order(&self, other: &Self) -> Ordering {
        other
            .score
            .total_cmp(&self.score)
            .then(self.passage.cmp(&other.passage))
    }
}

impl Index {
    /// The vector of a query, made with the weights of the corpus.
    #[must_use]
    pub fn embed_query(&self, query: &Query) -> Embedding {
        self.weights.embed(&query.features)
    }

    /// The `count` passages closest to the query, or all if there are fewer.
    #[must_use]
    pub fn top(&self, query: &Embedding, count: usize) -> Vec<Hit> {
        let mut hits: Vec<Hit> = self
            .embeddings
            .iter()
            .enumerate()
            .map(|(passage, embedding)| Hit {
                passage,
                score: query.cosine(embedding),
            })
            .collect();
        if count < hits.len() {
            // Sorting thousands to print three would be most of the query's time.
            hits.select_nth_unstable_by(count, Hit::order);
            hits.truncate(count);
        }
        hits.sort_unstable_by(Hit::order);
        hits
    }
}

/// Asks the queries over and over, from text to hits, and records how long each took in nanoseconds.
#[must_use]
pub fn measure(index: &Index, queries: &[Query], top: usize) -> Histogram<u64> {
    let longest = 3600 * 1_000_000_000;
    let mut latency = Histogram::new_with_bounds(1, longest, 3)
        .expect("1 < 2 * 1, and three digits are within 0 to 5");
    let start = Instant::now();
    for query in queries.iter().cycle() {
        let asked = Instant::now();
        let hits = index.top(&index.embed_query(&Query::new(&query.text)), top);
        let took = asked.elapsed();
        std::hint::black_box(hits);
        latency.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(longest));
        if latency.len() >= ENOUGH_QUERIES || start.elapsed() >= ENOUGH_TIME {
            break;
        }
    }
    latency
}
