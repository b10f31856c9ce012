//! `report`: one HTML page, complete in itself.
//!
//! Owns what the page says and in which order. `charts` draws; `page` has the style and the frame. Charts are SVG whose
//! horizontal measures are shares of the width and whose text is of fixed size, so that a narrow window squeezes
//! bars and never letters.

mod charts;
mod page;

use std::path::{Path, PathBuf};

use orthotope_runtime::profile::Profile;
use orthotope_runtime::tuner::{self, ClassWaste, Waste};

use crate::args::Choice;
use crate::load::{self, Failure};
use crate::numbers::{bytes, counted, percent, size};
use crate::tables::{self, Line};
use crate::tune::summary;
use page::escape;

pub(crate) fn run(profiles: &[PathBuf], output: &Path, choice: &Choice) -> Result<(), Failure> {
    let config = choice.config()?;
    let profile = load::read_all(profiles)?;
    let classes = choice.classes(&profile, &config);
    let lines = tables::lines(&profile, &config, &classes);
    let waste = tuner::waste(&profile, &config, &classes);
    let names: Vec<String> = profiles
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let body = [
        heading(&names.join(", "), &profile),
        memory(&lines),
        sizes(&profile, &lines),
        per_class(&waste),
    ];
    load::write(output, &page::page(&names.join(", "), &body.concat()))
}

fn heading(names: &str, profile: &Profile) -> String {
    format!(
        "<h1>{}</h1>\n<p>{}.</p>\n",
        escape(names).replace('/', "/<wbr>"),
        escape(&summary(profile))
    )
}

/// Bytes at the peak under each table, as bars and as numbers.
fn memory(lines: &[Line]) -> String {
    let most = lines.iter().map(Line::taken).max().unwrap_or(0);
    let mut html = String::from(
        "<section>\n<h2>Bytes at the peak</h2>\n<p>What the recorded peak takes under each class table. Of mimalloc and \
         jemalloc only the rounding is known: theirs is the least that they take.</p>\n",
    );
    html += &page::legend(&[
        ("asked", "asked for"),
        ("rounding", "rounding to classes"),
        ("headers", "headers"),
        ("tails", "slab tails"),
        ("magazines", "magazines (estimate)"),
    ]);
    html += "<div class=\"bars\">\n";
    for line in lines {
        let mut parts = vec![("asked", line.requested), ("rounding", line.rounding)];
        if let Some(ours) = line.ours {
            parts.extend([
                ("headers", ours.headers),
                ("tails", ours.tails),
                ("magazines", ours.magazines),
            ]);
        }
        html += &page::row(
            line.name,
            &charts::stack(&parts, most),
            &bytes(line.taken()),
        );
    }
    html += "</div>\n<div class=\"wide\"><table>\n<tr><th>table</th><th>classes</th><th>rounding</th><th>headers</th>\
             <th>slab tails</th><th>magazines</th><th>taken</th></tr>\n";
    for line in lines {
        let [rounding, headers, tails, magazines] = line.shares("–");
        html += &format!(
            "<tr><td>{}</td><td>{}</td><td>{rounding}</td><td>{headers}</td><td>{tails}</td><td>{magazines}</td><td>{}</td></tr>\n",
            line.name,
            line.classes.len(),
            bytes(line.taken()),
        );
    }
    html + "</table></div>\n<p class=\"note\">Shares of the bytes asked for, each request rounded up to 8.</p>\n</section>\n"
}

/// The histogram of sizes, and under it the classes of each table on the same axis.
fn sizes(profile: &Profile, lines: &[Line]) -> String {
    let axis = charts::Axis::of(profile);
    let mut html = String::from(
        "<section>\n<h2>Sizes and classes</h2>\n<p>Bytes at the peak by size of request, an eighth of a doubling a bar; \
         below, where each table has a class.</p>\n<div class=\"bars sizes\">\n",
    );
    html += &page::row("bytes", &charts::histogram(profile, &axis), "");
    for line in lines {
        html += &page::row(line.name, &charts::ticks(&line.classes, &axis), "");
    }
    html += &page::row("", &charts::labels(&axis), "");
    html + "</div>\n</section>\n"
}

/// What each class of the tuned table holds and wastes, the classes that waste most first.
fn per_class(waste: &Waste) -> String {
    /// Rows that a reader looks at.
    const ROWS: usize = 24;
    let mut classes: Vec<&ClassWaste> = waste
        .classes
        .iter()
        .chain([&waste.large])
        .filter(|class| class.blocks > 0)
        .collect();
    classes.sort_by_key(|class| std::cmp::Reverse(class.total()));
    let unused = waste
        .classes
        .iter()
        .filter(|class| class.blocks == 0)
        .count();
    let left_out = classes.len().saturating_sub(ROWS);
    let most = classes.first().map_or(0, |class| class.total());
    let mut html = String::from(
        "<section>\n<h2>Waste of each tuned class</h2>\n<p>Lost at the peak to rounding, headers, slab tails and \
         magazines, the most first; beside it what the class lost of what it holds, and its blocks.</p>\n<div class=\"bars\">\n",
    );
    for class in classes.iter().take(ROWS) {
        let name = match class.payload {
            0 => String::from("large"),
            payload => size(payload),
        };
        let parts = [
            ("rounding", class.rounding),
            ("headers", class.headers),
            ("tails", class.tails),
            ("magazines", class.magazines),
        ];
        let value = format!(
            "{} · {} · {}",
            bytes(class.total()),
            percent(class.total(), class.requested),
            counted(class.blocks, "block", "blocks")
        );
        html += &page::row(&name, &charts::stack(&parts, most), &value);
    }
    html += "</div>\n";
    html += &format!(
        "<p class=\"note\">{left_out} more classes lose less; {unused} hold nothing at the peak: they are for sizes that come \
         and go, or that were not recorded.</p>\n</section>\n"
    );
    html
}
