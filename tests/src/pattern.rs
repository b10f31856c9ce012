//! Contents that say whose they are.
//!
//! A tag fills a block with one byte and writes itself in full at its start. Any prefix of the block can
//! still be checked, so the pattern survives every `realloc`.

/// Fills `block` with the pattern of `tag`.
pub fn write(block: &mut [u8], tag: usize) {
    block.fill(byte(tag));
    let head = block.len().min(size_of::<usize>());
    block[..head].copy_from_slice(&tag.to_le_bytes()[..head]);
}

/// Whether `block` holds the pattern of `tag`, or the beginning of it.
#[must_use]
pub fn holds(block: &[u8], tag: usize) -> bool {
    let (head, body) = block.split_at(block.len().min(size_of::<usize>()));
    *head == tag.to_le_bytes()[..head.len()] && all_are(body, byte(tag))
}

/// Never zero: fresh pages must not look like a pattern.
const fn byte(tag: usize) -> u8 {
    (tag % 251) as u8 + 1
}

/// Whether every byte of `block` is `byte`.
#[must_use]
pub fn all_are(block: &[u8], byte: u8) -> bool {
    // Compared in pages: a comparison of slices is fast also where nothing is optimised.
    let page = [byte; 4096];
    block
        .chunks(page.len())
        .all(|part| *part == page[..part.len()])
}
