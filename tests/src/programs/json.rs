//! `serde_json`: parses a document of 20 MB into a tree of small blocks, looks into it, and writes it out.

use serde_json::Value;

use super::document;
use crate::digest::Digest;

/// Parses, counts and re-serialises the document; the text that comes out must be the text that went in.
///
/// # Panics
///
/// If it is not, or if the document does not parse.
#[must_use]
pub fn run() -> String {
    let text = document::of_at_least(document::LARGE);
    let tree: Value = serde_json::from_str(&text).expect("the generated document is JSON");
    let records = tree.as_array().expect("the document is an array");
    let tags: usize = records
        .iter()
        .filter_map(|record| record["tags"].as_array())
        .map(Vec::len)
        .sum();
    let written = serde_json::to_string(&tree).expect("a parsed tree can be written");
    assert!(
        written == text,
        "the document changed between parsing and writing"
    );
    let mut digest = Digest::new();
    digest.bytes(written.as_bytes());
    format!(
        "{} bytes, {} records, {tags} tags, digest {:016x}",
        written.len(),
        records.len(),
        digest.finish()
    )
}
