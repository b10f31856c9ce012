//! `rayon`: short strings built by some threads, sorted and grouped by others, dropped by whoever is free.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::digest::Digest;
use crate::random::Random;

const STRINGS: u64 = 300_000;

/// Two: with more threads than cores the scheduler would be measured.
const THREADS: usize = 2;

/// Words by their beginning.
type Groups = BTreeMap<String, Vec<String>>;

/// Builds, sorts and groups.
pub(super) fn run(passes: u32) -> u64 {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build()
        .expect("two threads can be started");
    let mut digest = Digest::new();
    for _ in 0..passes {
        digest.word(pool.install(pass));
    }
    digest.finish()
}

fn pass() -> u64 {
    let mut strings: Vec<String> = (0..STRINGS).into_par_iter().map(string).collect();
    strings.par_sort();
    let groups = strings
        .into_par_iter()
        .fold(Groups::new, |mut groups, string| {
            let beginning: String = string.chars().take(3).collect();
            groups.entry(beginning).or_default().push(string);
            groups
        })
        .reduce(Groups::new, merged);
    let lengths: Vec<(&String, usize)> = groups
        .par_iter()
        .map(|(beginning, strings)| (beginning, strings.par_iter().map(String::len).sum()))
        .collect();
    let mut digest = Digest::new();
    for (beginning, length) in lengths {
        digest.bytes(beginning.as_bytes());
        digest.word(length as u64);
    }
    groups.into_par_iter().for_each(drop);
    digest.finish()
}

/// The groups of both; the smaller map is moved into the larger.
fn merged(one: Groups, other: Groups) -> Groups {
    let (mut into, from) = if one.len() < other.len() {
        (other, one)
    } else {
        (one, other)
    };
    for (beginning, strings) in from {
        into.entry(beginning).or_default().extend(strings);
    }
    into
}

/// A word of 4 to 43 letters that depends on `seed` alone.
fn string(seed: u64) -> String {
    let mut random = Random::new(seed);
    (0..4 + random.below(40))
        .map(|_| char::from(b'a' + random.below(16) as u8))
        .collect()
}
