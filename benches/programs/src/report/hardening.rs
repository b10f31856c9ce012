//! What hardening costs: each hardened allocator over the same one without it.

use std::fmt::{self, Write};

use super::results::{Against, Measure, Results};

/// A hardened allocator, and what it is without.
const PAIRS: [(&str, &str); 3] = [
    ("general_hardened", "general"),
    ("default_hardened", "default"),
    ("mimalloc_secure", "mimalloc"),
];

/// Whether an allocator is one of a pair.
pub(super) fn is_of_a_pair(allocator: &str) -> bool {
    PAIRS
        .iter()
        .any(|(hardened, plain)| [hardened, plain].contains(&&allocator))
}

/// Whether every allocator of a pair was run.
pub(super) fn any_was_run(results: &Results) -> bool {
    let ran = |name| results.allocators.iter().any(|ran| ran.name == name);
    PAIRS
        .iter()
        .any(|(hardened, plain)| ran(*hardened) && ran(*plain))
}

/// A table: ratios by program, and their geometric means without the controls.
pub(super) fn write(text: &mut impl Write, results: &Results, measure: Measure) -> fmt::Result {
    let titles = PAIRS.map(|(hardened, plain)| format!("{hardened} / {plain}"));
    writeln!(text, "| {} | {} |", measure.title(), titles.join(" | "))?;
    writeln!(text, "|{}", " --- |".repeat(titles.len() + 1))?;
    for program in &results.programs {
        let ratios = PAIRS.map(|(hardened, plain)| {
            results.ratio(program.name, hardened, Against::Allocator(plain), measure)
        });
        writeln!(text, "| {} | {} |", program.name, cells(ratios))?;
    }
    let means = PAIRS
        .map(|(hardened, plain)| results.mean_ratio(hardened, Against::Allocator(plain), measure));
    writeln!(text, "| **geometric mean** | {} |", cells(means))
}

fn cells(ratios: [Option<f64>; 3]) -> String {
    ratios
        .map(|ratio| ratio.map_or_else(|| String::from("–"), |ratio| format!("{ratio:.3}")))
        .join(" | ")
}

#[cfg(test)]
mod tests {
    use super::super::results::Measure;
    use super::super::results::tests::made_up;
    use super::{any_was_run, write};

    #[test]
    fn means_are_of_pairs() {
        let mut results = made_up();
        assert!(any_was_run(&results));
        let mut text = String::new();
        write(&mut text, &results, Measure::Cpu).expect("a string grows");
        // By the allocators' numbers in the tables: 8 over 1, 9 over 2, 10 over 4.
        assert!(text.contains("| **geometric mean** | 8.000 | 4.500 | 2.500 |"));
        results
            .allocators
            .retain(|allocator| ["general", "mimalloc"].contains(&allocator.name));
        assert!(!any_was_run(&results));
    }
}
