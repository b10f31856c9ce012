//! "Did you mean": the legal word closest to a misspelt one.

/// The candidate that is fewest edits away from `word`, if it is near enough to be what was meant:
/// two edits at most and fewer than half of the word, or an abbreviation of it.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance_if_near(word, candidate)?, candidate)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

fn distance_if_near(word: &str, candidate: &str) -> Option<usize> {
    let distance = distance(word, candidate);
    let misspelt = distance <= 2 && 2 * distance < word.len();
    let extended =
        candidate.len() >= 3 && (word.starts_with(candidate) || word.ends_with(candidate));
    let abbreviated = word.len() >= 3 && (candidate.starts_with(word) || candidate.ends_with(word));
    (misspelt || extended || abbreviated).then_some(distance)
}

/// Levenshtein's distance: insertions, deletions and substitutions that turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // `row[j]`: the distance from the part of `a` read so far to the first `j` characters of `b`.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_far_fetched() {
        let names = ["align", "arena", "cache", "classes", "thread_limit"];
        for (word, meant) in [
            ("aling", Some("align")),
            ("alignment", Some("align")),
            ("class", Some("classes")),
            ("cahce", Some("cache")),
            ("limit", Some("thread_limit")),
            ("colour", None),
            ("a", None),
        ] {
            assert_eq!(nearest(word, names), meant, "{word}");
        }
    }
}
