//! `regex`: capture groups collected from the document that `serde_json` reads.

use std::collections::BTreeMap;

use regex::Regex;

use super::document;
use crate::digest::Digest;

/// One pattern for every route through the engine that allocates differently: literal prefix, Unicode
/// class, alternation, optional group.
const PATTERNS: [&str; 4] = [
    r#""mail":"(?<first>[a-z]+)\.(?<number>[0-9]+)@(?<host>[a-z]+)\.org""#,
    r#""at":"20(\d\d)-(\d\d)-(\d\d)""#,
    r"Über(gr\p{L}+)[ ,]",
    r#""id":(\d+),"live":(true|false)(,"mail":"arena)?"#,
];

/// Collects the captures of every pattern, as owned strings and as counts by text.
///
/// # Panics
///
/// If a pattern does not compile or matches nowhere.
#[must_use]
pub fn run() -> String {
    let text = document::of_at_least(document::LARGE);
    let mut digest = Digest::new();
    let mut matches = Vec::new();
    for pattern in PATTERNS {
        let regex = Regex::new(pattern).expect("the pattern is well-formed");
        let mut found: Vec<Vec<Option<String>>> = Vec::new();
        let mut texts: BTreeMap<String, usize> = BTreeMap::new();
        for captures in regex.captures_iter(&text) {
            *texts.entry(captures[1].to_owned()).or_default() += 1;
            found.push(
                captures
                    .iter()
                    .map(|group| group.map(|found| found.as_str().to_owned()))
                    .collect(),
            );
        }
        assert!(!found.is_empty(), "{pattern} matches nowhere");
        for group in found.iter().flatten() {
            digest.bytes(group.as_deref().unwrap_or("-").as_bytes());
        }
        for (text, count) in &texts {
            digest.bytes(text.as_bytes());
            digest.word(*count as u64);
        }
        matches.push(found.len().to_string());
    }
    format!(
        "{} bytes, {} matches, digest {:016x}",
        text.len(),
        matches.join(" + "),
        digest.finish()
    )
}
