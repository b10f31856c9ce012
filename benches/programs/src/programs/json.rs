//! `serde_json`: a large array parsed into a tree of small blocks and written out, the tree dropped at once.

use serde_json::Value;

use super::document;
use crate::digest::Digest;

const OBJECTS: usize = 40_000;

/// Parses and writes; the text that comes out must be the text that went in.
pub(super) fn run(passes: u32) -> u64 {
    let text = document::array(OBJECTS, 0x15_0420);
    let mut digest = Digest::new();
    for _ in 0..passes {
        let tree: Value = serde_json::from_str(&text).expect("the generated text is JSON");
        let records = tree.as_array().expect("the text is an array");
        let tags = records
            .iter()
            .filter_map(|record| record["tags"].as_array());
        digest.word(tags.map(Vec::len).sum::<usize>() as u64);
        let written = serde_json::to_string(&tree).expect("a parsed tree can be written");
        assert!(
            written == text,
            "the text changed between parsing and writing"
        );
        digest.bytes(written.as_bytes());
    }
    digest.finish()
}
