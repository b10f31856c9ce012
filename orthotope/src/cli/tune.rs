//! `tune`: the attribute to paste, and what is wasted before and after.

use std::io::Write;
use std::path::PathBuf;

use orthotope_runtime::profile::Profile;

use crate::args::Choice;
use crate::load::{self, Failure};
use crate::numbers::{bytes, count, counted};
use crate::tables::{self, Line};

/// Longest line of the attribute.
const WIDTH: usize = 100;

pub(crate) fn run(
    profiles: &[PathBuf],
    choice: &Choice,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let config = choice.config()?;
    let profile = load::read_all(profiles)?;
    let classes = choice.classes(&profile, &config);
    let lines = tables::lines(&profile, &config, &classes);
    let arguments = choice.arguments(&config);

    writeln!(out, "{}\n", summary(&profile))?;
    writeln!(out, "{}\n", attribute(&arguments, &classes))?;
    if let ([profile], None) = (profiles, choice.classes) {
        writeln!(
            out,
            "The same, derived anew by each build: #[orthotope::allocator({arguments}, profile = \"{}\")]\n",
            profile.display()
        )?;
    }
    table(&lines, out)?;
    Ok(())
}

/// Whose profile it is, in one line.
pub(crate) fn summary(profile: &Profile) -> String {
    let allocations: u128 = profile
        .bins
        .iter()
        .map(|bin| u128::from(bin.allocations))
        .sum();
    let blocks: u128 = profile.bins.iter().map(|bin| u128::from(bin.peak)).sum();
    let requested: u128 = profile
        .bins
        .iter()
        .map(|bin| u128::from(bin.peak_bytes))
        .sum();
    format!(
        "{}, {}: {} allocations; at the peak {} blocks with {}",
        counted(profile.processes.into(), "process", "processes"),
        counted(profile.threads.into(), "thread", "threads"),
        count(allocations),
        count(blocks),
        bytes(requested),
    )
}

/// The attribute, its classes broken into lines.
fn attribute(arguments: &str, classes: &[usize]) -> String {
    let one: Vec<String> = classes.iter().map(usize::to_string).collect();
    let line = format!(
        "#[orthotope::allocator({arguments}, classes = [{}])]",
        one.join(", ")
    );
    if line.len() <= WIDTH {
        return line;
    }
    let mut text = format!("#[orthotope::allocator(\n    {arguments},\n    classes = [\n       ");
    let mut length = 7;
    for class in one {
        if length + class.len() + 2 > WIDTH {
            text += "\n       ";
            length = 7;
        }
        length += class.len() + 2;
        text += &format!(" {class},");
    }
    text + "\n    ]\n)]"
}

fn table(lines: &[Line], out: &mut impl Write) -> Result<(), Failure> {
    writeln!(
        out,
        "{:<10}{:>8}{:>11}{:>11}{:>12}{:>11}{:>11}",
        "table", "classes", "rounding", "headers", "slab tails", "magazines", "taken"
    )?;
    for line in lines {
        let [rounding, headers, tails, magazines] = line.shares("-");
        writeln!(
            out,
            "{:<10}{:>8}{rounding:>11}{headers:>11}{tails:>12}{magazines:>11}{:>11}",
            line.name,
            line.classes.len(),
            bytes(line.taken()),
        )?;
    }
    writeln!(
        out,
        "\nShares of the bytes asked for at the peak. Rounding is from 8-byte steps to classes; of mimalloc and jemalloc \
         only\nthat is known, so what they take is the least. Magazines are what threads may keep, an estimate."
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::attribute;

    #[test]
    fn a_long_table_is_broken_into_lines() {
        let short = attribute("preset = \"general\"", &[24, 1_536]);
        assert_eq!(
            short,
            "#[orthotope::allocator(preset = \"general\", classes = [24, 1536])]"
        );
        let classes: Vec<usize> = (1..100).map(|step| step * 1_000).collect();
        let long = attribute("preset = \"general\"", &classes);
        assert!(long.lines().count() > 8);
        assert!(long.lines().all(|line| line.len() <= 100), "{long}");
        assert!(long.contains(" 99000,\n    ]\n)]"));
    }
}
