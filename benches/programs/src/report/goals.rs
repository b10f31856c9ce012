//! What is claimed of real programs, and whether these results bear it out.

use super::results::{Against, Measure, Results};

/// A claim: what, its limit, what was measured, and whether that holds.
#[derive(Debug)]
pub(super) struct Goal {
    pub(super) claim: String,
    pub(super) measured: String,
    /// None where something needed was not run.
    pub(super) holds: Option<bool>,
}

const MIMALLOC: Against = Against::Allocator("mimalloc");
const JEMALLOC: Against = Against::Allocator("jemalloc");
const PUBLISHED: Against = Against::Allocator("published");

/// Every claim, in the order it is stated.
pub(super) fn goals(results: &Results) -> Vec<Goal> {
    let mut goals = vec![
        mean(results, MIMALLOC, "mimalloc", Measure::Wall, 0.95),
        mean(results, MIMALLOC, "mimalloc", Measure::Cpu, 0.95),
        each(results, Measure::Wall, 1.05),
        each(results, Measure::Cpu, 1.05),
        mean(results, MIMALLOC, "mimalloc", Measure::Peak, 0.75),
        mean(results, JEMALLOC, "jemalloc", Measure::Peak, 1.0),
    ];
    for program in ["axum", "syn", "serde_json"] {
        goals.push(over_published(results, program, Measure::Wall));
        goals.push(over_published(results, program, Measure::Cpu));
    }
    goals
}

fn mean(results: &Results, against: Against, rival: &str, measure: Measure, limit: f64) -> Goal {
    let ratio = results.mean_ratio("general", against, measure);
    Goal {
        claim: format!(
            "`general`, {}: geometric mean ≤ {limit} × {rival}",
            measure.title().to_lowercase()
        ),
        measured: ratio.map_or_else(|| String::from("not run"), |ratio| format!("{ratio:.3}")),
        holds: ratio.map(|ratio| ratio <= limit),
    }
}

/// No program far behind the best rival in it.
fn each(results: &Results, measure: Measure, limit: f64) -> Goal {
    let ratios = results.ratios("general", Against::BestRival, measure);
    let behind: Vec<String> = ratios
        .iter()
        .filter(|(_, ratio)| *ratio > limit)
        .map(|(program, ratio)| format!("{program} {ratio:.3}"))
        .collect();
    let complete = results
        .mean_ratio("general", Against::BestRival, measure)
        .is_some();
    let measured = match (complete, behind.is_empty()) {
        (false, _) => String::from("not run"),
        (true, true) => String::from("none above"),
        (true, false) => format!("above: {}", behind.join(", ")),
    };
    Goal {
        claim: format!(
            "`general`, {}: each ≤ {limit} × best rival",
            measure.title().to_lowercase()
        ),
        measured,
        holds: complete.then_some(behind.is_empty()),
    }
}

fn over_published(results: &Results, program: &str, measure: Measure) -> Goal {
    let ratio = results.ratio(program, "default", PUBLISHED, measure);
    Goal {
        claim: format!(
            "`default`, {program}, {}: ≤ 0.6 × published",
            measure.title().to_lowercase()
        ),
        measured: ratio.map_or_else(|| String::from("not run"), |ratio| format!("{ratio:.3}")),
        holds: ratio.map(|ratio| ratio <= 0.6),
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::made_up;
    use super::goals;

    #[test]
    fn every_goal_is_judged_or_says_that_it_was_not_run() {
        let mut results = made_up();
        assert!(goals(&results).iter().all(|goal| goal.holds == Some(true)));
        results
            .outcomes
            .retain(|outcome| outcome.allocator.name != "mimalloc");
        let unknown = goals(&results)
            .iter()
            .filter(|goal| goal.holds.is_none())
            .count();
        assert_eq!(unknown, 3);
    }
}
