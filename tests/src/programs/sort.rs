//! `rayon`: a million strings made, sorted and joined on several threads.
//!
//! Strings are allocated on one thread, moved by another and freed by a third.

use rayon::prelude::*;

use crate::digest::Digest;
use crate::random::Random;

const STRINGS: u64 = 1_000_000;

/// Makes the strings in parallel, sorts them in parallel, drops half of them in parallel.
///
/// # Panics
///
/// If the threads cannot be started, or if the result is not sorted.
#[must_use]
pub fn run() -> String {
    // A fixed number of threads: more than one also on a machine with one core.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(4)
        .build()
        .expect("four threads can be started");
    pool.install(|| {
        let mut strings: Vec<String> = (0..STRINGS).into_par_iter().map(string).collect();
        // The stable sort allocates a buffer and merges from both halves.
        strings.par_sort();
        assert!(strings.is_sorted(), "the strings are not sorted");
        let mut digest = Digest::new();
        for string in &strings {
            digest.bytes(string.as_bytes());
        }
        let kept: Vec<String> = strings
            .into_par_iter()
            .filter(|string| string.len() % 2 == 0)
            .collect();
        let bytes: usize = kept.par_iter().map(String::len).sum();
        format!(
            "{STRINGS} strings, {} kept with {bytes} bytes, digest {:016x}",
            kept.len(),
            digest.finish()
        )
    })
}

/// A string of 1 to 40 letters that depends on `seed` alone.
fn string(seed: u64) -> String {
    let mut random = Random::new(seed);
    (0..=random.below(40))
        .map(|_| char::from(b'a' + random.below(26) as u8))
        .collect()
}
