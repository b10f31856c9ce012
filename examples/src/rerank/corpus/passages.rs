//! Where a document is cut: at blank lines if it has them, by length if it has not.
//!
//! A passage is whole lines, at most [`LONGEST`] bytes of them. Only a line longer than that is cut inside,
//! at a space if there is one, and each of its pieces keeps the line's number. Passages do not overlap, and
//! text without a letter or digit (rulers, lone braces) belongs to none.

use std::ops::Range;

/// A blank line ends a passage of at least this many bytes; shorter paragraphs join the next.
pub const ENOUGH: usize = 240;

/// No passage is longer, in bytes.
pub const LONGEST: usize = 960;

/// The passages of a text: first line, counted from 1, and where.
pub fn split(text: &str) -> impl Iterator<Item = (usize, Range<usize>)> {
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    }
    .peekable();
    std::iter::from_fn(move || {
        loop {
            let (first, mut range) = lines.next()?;
            // Whether the passage so far ends in a blank line that may end it.
            while let Some((_, next)) = lines.peek() {
                let done = range.len() >= ENOUGH && is_blank(&text[next.clone()]);
                if done || next.end - range.start > LONGEST {
                    break;
                }
                range.end = next.end;
                lines.next();
            }
            let passage = trim(text, first, range);
            if has_words(&text[passage.1.clone()]) {
                return Some(passage);
            }
        }
    })
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Without blank lines at the start and blanks at the end; the first line keeps its indentation.
fn trim(text: &str, mut line: usize, mut range: Range<usize>) -> (usize, Range<usize>) {
    range.end = range.start + text[range.clone()].trim_end().len();
    while let Some(end) = text[range.clone()].find('\n') {
        if !is_blank(&text[range.start..range.start + end]) {
            break;
        }
        range.start += end + 1;
        line += 1;
    }
    (line, range)
}

/// A text's lines, each with its newline, over-long ones in pieces.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Iterator for Lines<'_> {
    type Item = (usize, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let length = match rest
            .as_bytes()
            .iter()
            .take(LONGEST)
            .position(|&b| b == b'\n')
        {
            Some(newline) => newline + 1,
            None if rest.len() <= LONGEST => rest.len(),
            None => cut(rest),
        };
        let item = (self.line, self.at..self.at + length);
        self.at += length;
        self.line += usize::from(self.text.as_bytes()[self.at - 1] == b'\n');
        Some(item)
    }
}

/// Where to cut a line that is longer than a passage: behind its last space in reach.
fn cut(line: &str) -> usize {
    let reach = line.floor_char_boundary(LONGEST);
    line[..reach]
        .rfind(char::is_whitespace)
        .map(|space| line.ceil_char_boundary(space + 1))
        .unwrap_or(reach)
}
