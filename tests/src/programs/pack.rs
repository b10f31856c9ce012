//! `flate2` with its back end in Rust: compresses and inflates one long stream and many short ones.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::document;
use crate::digest::Digest;

/// Small beside the other programs' input: the back end is slow where nothing is optimised.
const LONG: usize = 4 << 20;
const SHORT: usize = 24 << 10;

/// Packs and unpacks; what comes out must be what went in.
///
/// # Panics
///
/// If it is not.
#[must_use]
pub fn run() -> String {
    let text = document::of_at_least(LONG);
    let mut digest = Digest::new();
    let mut packed_bytes = 0;
    let mut streams = 0;
    let levels = [
        Compression::fast(),
        Compression::default(),
        Compression::best(),
    ];
    let short = text
        .as_bytes()
        .chunks(SHORT)
        .zip(levels.into_iter().cycle());
    for (plain, level) in [(text.as_bytes(), Compression::default())]
        .into_iter()
        .chain(short)
    {
        let packed = pack(plain, level);
        assert!(
            unpack(&packed) == plain,
            "{} bytes changed on the way",
            plain.len()
        );
        digest.bytes(&packed);
        packed_bytes += packed.len();
        streams += 1;
    }
    format!(
        "{streams} streams of {} bytes, packed {packed_bytes}, digest {:016x}",
        text.len(),
        digest.finish()
    )
}

fn pack(plain: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder
        .write_all(plain)
        .expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(packed)
        .read_to_end(&mut plain)
        .expect("what was packed can be unpacked");
    plain
}
