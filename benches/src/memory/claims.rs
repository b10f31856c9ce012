//! The numbers to reach, held against the results.

use super::figure::Figure;
use super::results::{Results, Row};

/// How good a figure must be.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// At most this; the best rival stands beside it.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// At most so many times the best rival's.
    Best(f64),
    /// At most so many times another's.
    Times(&'static str, f64),
    /// At least so many times another's.
    AtLeastTimes(&'static str, f64),
    /// At most so much more than another's.
    Beyond(&'static str, f64),
}

/// One number to reach, in each workload of a table.
#[derive(Clone, Copy, Debug)]
struct Claim {
    table: &'static str,
    ours: &'static str,
    figure: Figure,
    limit: Limit,
}

const fn claim(table: &'static str, ours: &'static str, figure: Figure, limit: Limit) -> Claim {
    Claim {
        table,
        ours,
        figure,
        limit,
    }
}

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;
const MICROSECOND: f64 = 1e3;
/// Of `caches`.
const THREADS: f64 = 256.0;

const CLAIMS: [Claim; 22] = [
    claim("idle", "purge-1s", Figure::Soon, Limit::AtMost(1.35)),
    claim("idle_blocks", "purge-1s", Figure::Soon, Limit::Best(1.05)),
    claim("burst", "purge-100ms", Figure::Worst, Limit::AtMost(1.1)),
    claim(
        "fragmentation",
        "general",
        Figure::Peak,
        Limit::Times("mimalloc", 1.0),
    ),
    claim(
        "fragmentation",
        "general",
        Figure::PeakByLive,
        Limit::AtMost(1.25),
    ),
    claim(
        "realloc",
        "general",
        Figure::Time,
        Limit::Times("glibc", 1.05),
    ),
    claim(
        "realloc_pinned",
        "general",
        Figure::Time,
        Limit::Times("glibc", 1.05),
    ),
    claim("vec_push", "general", Figure::Time, Limit::Best(1.0)),
    claim("vec_push", "general", Figure::Peak, Limit::Best(1.0)),
    claim(
        "zeroed",
        "general",
        Figure::Time,
        Limit::Times("glibc", 1.1),
    ),
    claim("sweep", "general", Figure::Time, Limit::Best(1.05)),
    claim("sweep", "huge-always", Figure::Time, Limit::Best(1.05)),
    claim(
        "huge_pages",
        "huge-always",
        Figure::Huge,
        Limit::AtLeast(0.9),
    ),
    claim(
        "huge_pages",
        "huge-never",
        Figure::Time,
        Limit::AtLeastTimes("huge-always", 1.1),
    ),
    claim(
        "caches",
        "general",
        Figure::Cached,
        Limit::AtMost(THREADS * MIB),
    ),
    claim("caches", "general", Figure::Flushed, Limit::AtMost(0.0)),
    claim(
        "startup",
        "default",
        Figure::Overhead,
        Limit::Beyond("glibc", 256.0 * KIB),
    ),
    claim(
        "startup",
        "general",
        Figure::Overhead,
        Limit::Beyond("glibc", 256.0 * KIB),
    ),
    claim(
        "startup",
        "default",
        Figure::First,
        Limit::AtMost(100.0 * MICROSECOND),
    ),
    claim(
        "startup",
        "general",
        Figure::First,
        Limit::AtMost(100.0 * MICROSECOND),
    ),
    claim(
        "short_threads",
        "general",
        Figure::Time,
        Limit::Times("mimalloc", 1.1),
    ),
    claim(
        "short_threads",
        "general",
        Figure::Growth,
        Limit::AtMost(256.0 * KIB),
    ),
];

/// How a claim fared in one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) what: String,
    pub(super) ours: String,
    pub(super) reference: String,
    pub(super) must: String,
    /// Nothing if ours or what it is held against was not measured.
    pub(super) holds: Option<bool>,
}

/// Every claim, judged in every workload that was run.
pub(super) fn judge(results: &Results) -> Vec<Verdict> {
    let verdicts = CLAIMS.iter().flat_map(|claim| {
        let rows = results.rows.iter().filter(|row| row.table() == claim.table);
        rows.filter_map(|row| claim.judge(row))
    });
    verdicts.collect()
}

impl Claim {
    /// Nothing if ours was not asked for.
    fn judge(&self, row: &Row) -> Option<Verdict> {
        let cell = row.cell(self.ours)?;
        let ours = cell.figure(self.figure);
        let reference = match self.limit {
            Limit::AtMost(_) | Limit::AtLeast(_) | Limit::Best(_) => row.best_rival(self.figure),
            Limit::Times(name, _) | Limit::AtLeastTimes(name, _) | Limit::Beyond(name, _) => row
                .cell(name)
                .and_then(|cell| Some((name, cell.figure(self.figure)?))),
        };
        let write = |value| self.figure.write(value);
        let described = match (ours, &cell.failure) {
            (Some(value), _) => write(value) + &self.ratio(value, reference),
            (None, Some(failure)) => failure.clone(),
            (None, None) => String::from("–"),
        };
        let against = reference.map(|(name, value)| format!("{name} {}", write(value)));
        Some(Verdict {
            what: format!(
                "`{}`, `{}`: {}",
                row.workload.name,
                self.ours,
                self.figure.title()
            ),
            ours: described,
            reference: against.unwrap_or_else(|| String::from("–")),
            must: self.must(),
            holds: ours.and_then(|ours| self.holds(ours, reference.map(|(_, value)| value))),
        })
    }

    /// Ours by the reference, where that is what is limited.
    fn ratio(&self, ours: f64, reference: Option<(&str, f64)>) -> String {
        match (self.limit, reference) {
            (Limit::Best(_) | Limit::Times(..) | Limit::AtLeastTimes(..), Some((_, value))) => {
                format!(" ({:.3} ×)", ours / value)
            }
            _ => String::new(),
        }
    }

    fn must(&self) -> String {
        let write = |value| self.figure.write(value);
        match self.limit {
            Limit::AtMost(limit) => format!("≤ {}", write(limit)),
            Limit::AtLeast(limit) => format!("≥ {}", write(limit)),
            Limit::Best(limit) => format!("≤ {limit:.2} × best rival"),
            Limit::Times(name, limit) => format!("≤ {limit:.2} × {name}"),
            Limit::AtLeastTimes(name, limit) => format!("≥ {limit:.2} × {name}"),
            Limit::Beyond(name, limit) => format!("≤ {name} + {}", write(limit)),
        }
    }

    fn holds(&self, ours: f64, reference: Option<f64>) -> Option<bool> {
        Some(match self.limit {
            Limit::AtMost(limit) => ours <= limit,
            Limit::AtLeast(limit) => ours >= limit,
            Limit::Best(limit) | Limit::Times(_, limit) => as_written(ours / reference?) <= limit,
            Limit::AtLeastTimes(_, limit) => as_written(ours / reference?) >= limit,
            Limit::Beyond(_, limit) => ours <= reference? + limit,
        })
    }
}

/// A ratio with as many decimals as what it is held against: more would be noise.
fn as_written(ratio: f64) -> f64 {
    (ratio * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::{Limit, claim, judge};
    use crate::memory::catalogue::catalogue;
    use crate::memory::figure::Figure;
    use crate::memory::results::tests::{empty, measured};

    fn holds(limit: Limit, values: &[f64]) -> Option<bool> {
        let row = measured("sweep/1MiB", Figure::Time, values);
        let verdict = claim("sweep", "general", Figure::Time, limit).judge(&row);
        verdict.expect("general is in the row").holds
    }

    #[test]
    fn limits_are_held_against_what_they_name() {
        let values = [4.0, 2.0, 3.0];
        assert_eq!(holds(Limit::AtMost(3.0), &values), Some(true));
        assert_eq!(holds(Limit::AtLeast(3.1), &values), Some(false));
        assert_eq!(holds(Limit::Best(1.4), &values), Some(false));
        assert_eq!(holds(Limit::Times("glibc", 0.8), &values), Some(true));
        assert_eq!(
            holds(Limit::AtLeastTimes("mimalloc", 1.5), &values),
            Some(true)
        );
        assert_eq!(holds(Limit::Beyond("mimalloc", 0.5), &values), Some(false));
        assert_eq!(holds(Limit::Times("jemalloc", 9.0), &values), None);
        assert_eq!(holds(Limit::Best(1.0), &[4.0]), None);
    }

    #[test]
    fn a_verdict_says_both_sides() {
        let row = measured("sweep/1MiB", Figure::Time, &[4.0, 2.0, 3.0]);
        let verdict = claim("sweep", "general", Figure::Time, Limit::Best(1.05)).judge(&row);
        let verdict = verdict.expect("general is in the row");
        assert_eq!(verdict.what, "`sweep/1MiB`, `general`: time");
        assert_eq!(verdict.ours, "3.00 ns (1.500 ×)");
        assert_eq!(verdict.reference, "mimalloc 2.00 ns");
        assert_eq!(verdict.must, "≤ 1.05 × best rival");
    }

    #[test]
    fn a_failure_stands_where_ours_would() {
        let mut row = measured("sweep/1MiB", Figure::Time, &[4.0, 2.0, 3.0]);
        for cell in row.cells.iter_mut().skip(2) {
            cell.failure = Some(String::from("skipped"));
        }
        let verdict = claim("sweep", "general", Figure::Time, Limit::Best(1.05)).judge(&row);
        let verdict = verdict.expect("general is in the row");
        assert_eq!((verdict.ours.as_str(), verdict.holds), ("skipped", None));
    }

    #[test]
    fn claims_speak_of_what_there_is() {
        let all = catalogue();
        for claim in &super::CLAIMS {
            let table = |name: &str| name.split('/').next() == Some(claim.table);
            let workload = all.iter().find(|workload| table(&workload.name));
            let workload = workload.expect("a claim's table is in the catalogue");
            assert!(workload.contenders.contains(&claim.ours), "{claim:?}");
        }
        assert!(
            judge(&empty())
                .iter()
                .all(|verdict| verdict.holds.is_none())
        );
    }
}
