//! The numbers to reach, held against the results.

use super::results::{Results, Row};
use crate::comparison::statistics::geometric_mean;
use crate::workloads::{Group, Kind};

/// What a limit is compared with.
#[derive(Clone, Copy, Debug)]
enum Against {
    /// The fastest rival.
    Best,
    /// One rival.
    Named(&'static str),
}

/// One number to reach.
struct Claim {
    what: &'static str,
    ours: &'static str,
    against: Against,
    limit: f64,
    /// Whether the limit is for the geometric mean, not for each workload.
    mean: bool,
    applies: fn(&Row) -> bool,
}

/// How a claim fared.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) what: String,
    /// Nothing if nothing that it speaks of was measured.
    pub(super) holds: Option<bool>,
    pub(super) finding: String,
}

const CLAIMS: [Claim; 8] = [
    Claim {
        what: "spec workloads but the handoffs, `default`, each ≤ 0.8 × best rival",
        ours: "default",
        against: Against::Best,
        limit: 0.8,
        mean: false,
        applies: |row| row.workload.group == Group::Spec && !handoff(row),
    },
    Claim {
        what: "`same_thread_small_churn`, `default`, each ≤ 0.6 × the published crate",
        ours: "default",
        against: Against::Named("published"),
        limit: 0.6,
        mean: false,
        applies: |row| {
            row.workload.group == Group::Spec
                && row.workload.name.starts_with("same_thread_small_churn")
        },
    },
    Claim {
        what: "`long_lived_handoff`, `_4x`, `default`, each ≤ 1.05 × best rival",
        ours: "default",
        against: Against::Best,
        limit: 1.05,
        mean: false,
        applies: |row| row.workload.group == Group::Spec && handoff(row),
    },
    Claim {
        what: "patterns, `general`, each ≤ 1.05 × best rival",
        ours: "general",
        against: Against::Best,
        limit: 1.05,
        mean: false,
        applies: pattern,
    },
    Claim {
        what: "patterns, `general`, geometric mean ≤ 0.7 × mimalloc",
        ours: "general",
        against: Against::Named("mimalloc"),
        limit: 0.7,
        mean: true,
        applies: pattern,
    },
    Claim {
        what: "xmalloc, 2 to 64 threads, `general`, each ≤ 1.05 × best rival",
        ours: "general",
        against: Against::Best,
        limit: 1.05,
        mean: false,
        applies: |row| row.workload.group == Group::Xmalloc,
    },
    Claim {
        what: "larson, 2 to 64 threads, `general`, each ≤ 1.05 × best rival",
        ours: "general",
        against: Against::Best,
        limit: 1.05,
        mean: false,
        applies: |row| row.workload.group == Group::Larson,
    },
    Claim {
        what: "random replacement of 64 B blocks, `general`, each ≤ 1.05 × best rival",
        ours: "general",
        against: Against::Best,
        limit: 1.05,
        mean: false,
        applies: |row| row.workload.group == Group::Replacement64,
    },
];

fn handoff(row: &Row) -> bool {
    matches!(row.workload.kind, Kind::Handoff { .. })
}

/// The patterns but growth, zeroed memory and sizes above 1 MiB.
fn pattern(row: &Row) -> bool {
    match row.workload.kind {
        Kind::Sweep { size } => size <= 1 << 20,
        _ => !matches!(
            row.workload.group,
            Group::Spec | Group::SpecNatural | Group::Growth | Group::Zeroed
        ),
    }
}

/// Every claim, judged.
pub(super) fn judge(results: &Results) -> Vec<Verdict> {
    CLAIMS.iter().map(|claim| claim.judge(results)).collect()
}

impl Claim {
    fn judge(&self, results: &Results) -> Verdict {
        let rows = results.rows.iter().filter(|row| (self.applies)(row));
        let ratio = |row| match self.against {
            Against::Best => results.to_best_rival(row, self.ours),
            Against::Named(name) => results.to(row, self.ours, name),
        };
        let rows: Vec<(&str, Option<f64>)> = rows
            .map(|row| (row.workload.name.as_str(), ratio(row)))
            .collect();
        let (holds, finding) = if self.mean {
            self.mean_of(&rows)
        } else {
            self.each_of(&rows)
        };
        Verdict {
            what: self.what.to_owned(),
            holds,
            finding,
        }
    }

    fn mean_of(&self, rows: &[(&str, Option<f64>)]) -> (Option<bool>, String) {
        let ratios: Vec<f64> = rows.iter().filter_map(|row| row.1).collect();
        match geometric_mean(&ratios) {
            Some(mean) => (
                Some(mean <= self.limit),
                format!("{mean:.2} over {} workloads", ratios.len()),
            ),
            None => (None, String::from("not measured")),
        }
    }

    fn each_of(&self, rows: &[(&str, Option<f64>)]) -> (Option<bool>, String) {
        let mut known: Vec<(&str, f64)> = rows
            .iter()
            .filter_map(|(name, ratio)| Some((*name, (*ratio)?)))
            .collect();
        known.sort_by(|a, b| f64::total_cmp(&b.1, &a.1));
        let Some((name, worst)) = known.first() else {
            return (None, String::from("not measured"));
        };
        let beyond: Vec<String> = known
            .iter()
            .filter(|(_, ratio)| *ratio > self.limit)
            .map(|(name, ratio)| format!("`{name}` {ratio:.2}"))
            .collect();
        let finding = if beyond.is_empty() {
            format!(
                "{} of {}; worst: `{name}` {worst:.2}",
                known.len(),
                known.len()
            )
        } else {
            let within = known.len() - beyond.len();
            format!("{within} of {}; not: {}", known.len(), beyond.join(", "))
        };
        (Some(beyond.is_empty()), finding)
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::report::results::tests::sample_results;

    #[test]
    fn a_claim_holds_if_every_ratio_does() {
        let verdicts = judge(&sample_results());
        let first = verdicts.first().expect("there are claims");
        assert_eq!(first.holds, Some(true));
        assert!(
            first.finding.starts_with("2 of 2; worst: "),
            "{}",
            first.finding
        );
    }

    #[test]
    fn a_claim_that_fails_names_its_workloads() {
        let mut results = sample_results();
        for cell in results.rows.iter_mut().flat_map(|row| row.cells.last_mut()) {
            cell.samples.iter_mut().for_each(|sample| sample.time = 3.0);
        }
        let verdicts = judge(&results);
        let first = verdicts.first().expect("there are claims");
        assert_eq!(first.holds, Some(false));
        assert!(
            first
                .finding
                .contains("0 of 2; not: `same_thread_small_churn/32` 1.50"),
            "{}",
            first.finding
        );
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let verdicts = judge(&sample_results());
        let larson = verdicts
            .iter()
            .find(|verdict| verdict.what.contains("larson"));
        assert_eq!(larson.expect("it is a claim").holds, None);
    }
}
