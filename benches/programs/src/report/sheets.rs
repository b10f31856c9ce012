//! The report as CSV: one line a program and allocator, and one line a run.

use std::fmt::Write as _;

use super::results::{Against, Measure, Results};

const AGAINST: [Against; 3] = [
    Against::Allocator("mimalloc"),
    Against::Allocator("jemalloc"),
    Against::BestRival,
];

/// Median, range and ratios of each measure.
pub(super) fn summary(results: &Results) -> String {
    let mut text = String::from("program,allocator,runs,failures");
    for name in ["wall_s", "cpu_s", "peak_mib"] {
        write!(
            text,
            ",{name},{name}_least,{name}_most,{name}_to_mimalloc,{name}_to_jemalloc,{name}_to_best_rival"
        )
        .expect("a string grows");
    }
    for outcome in &results.outcomes {
        let (program, allocator) = (outcome.program.name, outcome.allocator.name);
        let (runs, failures) = (outcome.samples.len(), outcome.failures.len());
        write!(text, "\n{program},{allocator},{runs},{failures}").expect("a string grows");
        for measure in Measure::ALL {
            let (least, most) = outcome.range(measure).unzip();
            let ratios = AGAINST.map(|against| results.ratio(program, allocator, against, measure));
            for value in [outcome.median(measure), least, most]
                .into_iter()
                .chain(ratios)
            {
                text.push(',');
                // An empty field is a number that there is none of.
                if let Some(value) = value {
                    write!(text, "{value:.6}").expect("a string grows");
                }
            }
        }
    }
    text.push('\n');
    text
}

/// Every run, in the order of each program and allocator.
pub(super) fn runs(results: &Results) -> String {
    let mut text = String::from("program,allocator,run,wall_s,cpu_s,peak_mib,digest\n");
    for outcome in &results.outcomes {
        for (run, sample) in outcome.samples.iter().enumerate() {
            writeln!(
                text,
                "{},{},{run},{:.6},{:.6},{:.3},{}",
                outcome.program.name,
                outcome.allocator.name,
                sample.wall_s,
                sample.cpu_s,
                sample.peak_mib,
                sample.digest
            )
            .expect("a string grows");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::made_up;
    use super::{runs, summary};

    #[test]
    fn every_line_has_every_column() {
        let results = made_up();
        for sheet in [summary(&results), runs(&results)] {
            let columns: Vec<usize> = sheet.lines().map(|line| line.split(',').count()).collect();
            assert!(columns.len() > results.outcomes.len());
            assert!(columns.iter().all(|count| *count == columns[0]), "{sheet}");
        }
    }
}
