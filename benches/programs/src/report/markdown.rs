//! The report as Markdown: where from, which claims hold, and three tables a measure.

use std::fmt::{self, Write as _};

use super::costs::COSTS;
use super::goals::goals;
use super::results::{Against, Measure, Results};

/// What an allocator of ours is compared with, and what the column is called.
const COLUMNS: [(&str, Against, &str); 8] = [
    (
        "general",
        Against::Allocator("mimalloc"),
        "general / mimalloc",
    ),
    (
        "general",
        Against::Allocator("jemalloc"),
        "general / jemalloc",
    ),
    ("general", Against::BestRival, "general / best rival"),
    (
        "default",
        Against::Allocator("mimalloc"),
        "default / mimalloc",
    ),
    (
        "default",
        Against::Allocator("jemalloc"),
        "default / jemalloc",
    ),
    (
        "default",
        Against::Allocator("published"),
        "default / published",
    ),
    ("default", Against::BestRival, "default / best rival"),
    ("glibc", Against::Allocator("mimalloc"), "glibc / mimalloc"),
];

/// The whole text; `conditions` says where and how it was measured.
pub(super) fn text(results: &Results, conditions: &str) -> String {
    let mut text = String::new();
    write(&mut text, results, conditions).expect("a string grows");
    text
}

fn write(text: &mut String, results: &Results, conditions: &str) -> fmt::Result {
    writeln!(
        text,
        "# Real programs under each allocator\n\n{conditions}\n"
    )?;
    for allocator in &results.allocators {
        writeln!(text, "- `{}`: {}", allocator.name, allocator.version())?;
    }
    writeln!(
        text,
        "\nEach run is a process of its own; numbers are medians, ratios are of medians, and less is better."
    )?;
    writeln!(
        text,
        "Geometric means leave the control out.\n\n## What holds\n\n| claim | measured | holds |\n| --- | --- | --- |"
    )?;
    for goal in goals(results) {
        let holds = goal
            .holds
            .map_or("–", |holds| if holds { "yes" } else { "**no**" });
        writeln!(text, "| {} | {} | {holds} |", goal.claim, goal.measured)?;
    }
    for measure in Measure::ALL {
        writeln!(text, "\n## {}, {}\n", measure.title(), measure.unit())?;
        write_medians(text, results, measure)?;
        writeln!(text)?;
        write_ratios(text, results, measure)?;
    }
    for cost in COSTS.iter().filter(|cost| cost.was_measured(results)) {
        writeln!(text, "\n## {}", cost.title)?;
        for measure in Measure::ALL {
            writeln!(text)?;
            cost.write(text, results, measure)?;
        }
    }
    write_failures(text, results)
}

fn write_medians(text: &mut String, results: &Results, measure: Measure) -> fmt::Result {
    let names: Vec<&str> = results
        .allocators
        .iter()
        .map(|allocator| allocator.name)
        .collect();
    writeln!(
        text,
        "| program | {} | best rival | spread |",
        names.join(" | ")
    )?;
    writeln!(text, "|{}", " --- |".repeat(names.len() + 3))?;
    for program in &results.programs {
        write!(text, "| {} |", program.name)?;
        for name in &names {
            write!(
                text,
                " {} |",
                number(results.median(program.name, name, measure))
            )?;
        }
        let best = results
            .best_rival(program.name, measure)
            .map_or("–", |(name, _)| name);
        let spread = results.spread(program.name, measure).unwrap_or(0.0) * 100.0;
        writeln!(text, " {best} | {spread:.0} % |")?;
    }
    Ok(())
}

fn write_ratios(text: &mut String, results: &Results, measure: Measure) -> fmt::Result {
    let titles: Vec<&str> = COLUMNS.iter().map(|(_, _, title)| *title).collect();
    writeln!(text, "| program | {} |", titles.join(" | "))?;
    writeln!(text, "|{}", " --- |".repeat(titles.len() + 1))?;
    for program in &results.programs {
        write!(text, "| {} |", program.name)?;
        for (allocator, against, _) in COLUMNS {
            write!(
                text,
                " {} |",
                number(results.ratio(program.name, allocator, against, measure))
            )?;
        }
        writeln!(text)?;
    }
    write!(text, "| **geometric mean** |")?;
    for (allocator, against, _) in COLUMNS {
        write!(
            text,
            " **{}** |",
            number(results.mean_ratio(allocator, against, measure))
        )?;
    }
    writeln!(text)
}

fn write_failures(text: &mut String, results: &Results) -> fmt::Result {
    let failed: Vec<_> = results
        .outcomes
        .iter()
        .filter(|outcome| !outcome.failures.is_empty())
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## Failures\n")?;
    for outcome in failed {
        let (program, allocator) = (outcome.program.name, outcome.allocator.name);
        writeln!(
            text,
            "- {program} under {allocator}: {}",
            outcome.failures.join("; ")
        )?;
    }
    Ok(())
}

/// Three significant digits or so.
fn number(value: Option<f64>) -> String {
    match value {
        None => String::from("–"),
        Some(value) if value >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::made_up;
    use super::text;

    #[test]
    fn tables_are_rectangular_and_failures_are_named() {
        let mut results = made_up();
        results.outcomes[3].failures.push(String::from("signal 11"));
        let text = text(&results, "Here.");
        assert!(text.contains("- serde_json under mimalloc: signal 11"));
        for table in text.split("\n\n").filter(|part| part.starts_with("| ")) {
            let columns: Vec<usize> = table
                .lines()
                .map(|line| line.matches('|').count())
                .collect();
            assert!(columns.windows(2).all(|two| two[0] == two[1]), "{table}");
        }
    }
}
