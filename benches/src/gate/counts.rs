//! Counts: kept in a file, compared, shown.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::PLAIN;

/// How much more than blessed is a regression.
const TOLERANCE: f64 = 0.02;

/// Instructions an operation, by allocator and workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// The compiler that they are for.
    pub(super) compiler: String,
    pub(super) instructions: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Counts {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}; --bless makes it", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let mut text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        text.push('\n');
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn get(&self, allocator: &str, workload: &str) -> Option<f64> {
        self.instructions.get(allocator)?.get(workload).copied()
    }

    /// A table of `counted` beside the blessed counts, and whether all of `ours` are within the tolerance.
    pub(super) fn compare(
        &self,
        counted: &Self,
        workloads: &[&str],
        ours: &[&str],
    ) -> (String, bool) {
        let mut passed = true;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:<22} {:<10} {:>14} {:>14} {:>8}",
            "workload", "allocator", "instructions", "blessed", "change"
        );
        for workload in workloads {
            for (allocator, counts) in &counted.instructions {
                let Some(&count) = counts.get(*workload) else {
                    continue;
                };
                let _ = write!(text, "{workload:<22} {allocator:<10} {count:>14.2}");
                let verdict = match self.get(allocator, workload) {
                    _ if !ours.contains(&allocator.as_str()) => String::new(),
                    None => {
                        passed = false;
                        String::from("  NOT BLESSED")
                    }
                    Some(blessed) => {
                        let change = count / blessed - 1.0;
                        let mut verdict = format!(" {blessed:>14.2} {:>+7.1}%", change * 100.0);
                        if count > blessed * (1.0 + TOLERANCE) {
                            passed = false;
                            verdict += "  REGRESSION";
                        } else if count < blessed * (1.0 - TOLERANCE) {
                            verdict += "  better: --bless it";
                        }
                        verdict
                    }
                };
                let _ = writeln!(text, "{verdict}");
            }
        }
        (text, passed)
    }
}

/// The two numbers to reach that are instruction counts, and the one beside them, without the loops round
/// them.
pub(super) fn to_reach(counted: &Counts) -> String {
    let net = |allocator, workload, around| {
        Some(counted.get(allocator, workload)? - counted.get(allocator, around)?)
    };
    let mut text = String::new();
    if let Some(boxed) = net("general", "box_u64", "loop_alone") {
        let _ = writeln!(
            text,
            "Box::new + drop of a u64, general: {boxed:.2} instructions, to reach: 12"
        );
    }
    if let Some(boxed) = net(PLAIN, "box_u64", "loop_alone") {
        let _ = writeln!(
            text,
            "Box::new + drop of a u64, general, plain release: {boxed:.2} instructions"
        );
    }
    let dynamic = |allocator| net(allocator, "dynamic_1KiB", "dynamic_loop_alone");
    if let (Some(ours), Some(theirs)) = (dynamic("general"), dynamic("mimalloc")) {
        let _ = writeln!(
            text,
            "dynamic size ≤ 1 KiB, general: {ours:.2} instructions, {:.2} × mimalloc's {theirs:.2}, to reach: 0.5",
            ours / theirs
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Counts, to_reach};
    use std::collections::BTreeMap;

    fn counts(entries: &[(&str, &str, f64)]) -> Counts {
        let mut instructions: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
        for (allocator, workload, count) in entries {
            let counts = instructions.entry((*allocator).to_owned()).or_default();
            counts.insert((*workload).to_owned(), *count);
        }
        Counts {
            compiler: String::from("rustc"),
            instructions,
        }
    }

    #[test]
    fn two_percent_more_pass_and_three_do_not() {
        let blessed = counts(&[("general", "box_u64", 100.0)]);
        let compare = |count| {
            let counted = counts(&[("general", "box_u64", count), ("mimalloc", "box_u64", 9.0)]);
            blessed.compare(&counted, &["box_u64"], &["general"])
        };
        assert!(compare(102.0).1);
        let (table, passed) = compare(103.0);
        assert!(!passed && table.contains("+3.0%  REGRESSION"), "{table}");
        let (table, passed) = compare(50.0);
        assert!(passed && table.contains("better"), "{table}");
    }

    #[test]
    fn what_is_not_blessed_does_not_pass() {
        let counted = counts(&[("general", "new", 1.0)]);
        let (table, passed) = Counts::default().compare(&counted, &["new"], &["general"]);
        assert!(!passed && table.contains("NOT BLESSED"), "{table}");
    }

    #[test]
    fn the_loops_are_taken_off() {
        let counted = counts(&[
            ("general", "box_u64", 16.0),
            ("general", "loop_alone", 4.0),
            ("plain", "box_u64", 36.0),
            ("plain", "loop_alone", 5.0),
            ("general", "dynamic_1KiB", 15.0),
            ("general", "dynamic_loop_alone", 5.0),
            ("mimalloc", "dynamic_1KiB", 45.0),
            ("mimalloc", "dynamic_loop_alone", 5.0),
        ]);
        let text = to_reach(&counted);
        assert!(text.contains("general: 12.00 instructions"), "{text}");
        assert!(text.contains("plain release: 31.00 instructions"), "{text}");
        assert!(text.contains("0.25 × mimalloc's 40.00"), "{text}");
    }

    #[test]
    fn counts_survive_their_file() {
        let blessed = counts(&[("general", "box_u64", 11.25)]);
        let text = serde_json::to_string(&blessed).expect("counts can be written");
        assert_eq!(
            serde_json::from_str::<Counts>(&text).expect("and read"),
            blessed
        );
    }
}
