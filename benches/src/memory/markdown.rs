//! The results as a document.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Contender;
use super::claims::{self, Verdict};
use super::figure::Figure;
use super::options::Options;
use super::results::{Cell, Results, Row};
use crate::comparison::Role;
use crate::comparison::circumstances::Circumstances;

/// The whole document.
pub(super) fn report(
    results: &Results,
    contenders: &[Contender],
    circumstances: &Circumstances,
    options: &Options,
) -> String {
    let rounds = options.rounds();
    let quick = if options.quick {
        " of a `--quick` run, which does less"
    } else {
        ""
    };
    let mut text = format!(
        "# Memory\n\n\
         Medians over the interleaved rounds ({rounds}){quick}, each cell in a process of its own. Resident is anonymous \
         memory as `/proc/self/smaps_rollup` has it, `MADV_FREE`d pages included; peak is VmHWM beyond what was \
         resident before. Quote ratios, not times.\n\n"
    );
    let compared = contenders.iter().filter(|each| results.have(each));
    text += &circumstances.list(compared.map(|each| (each.name, each.package, each.role)));
    text += "\n## Against the numbers to reach\n\n";
    text += &verdicts(&claims::judge(results));
    for rows in results.rows.chunk_by(|a, b| a.table() == b.table()) {
        text += &table(rows);
    }
    text
}

fn verdicts(verdicts: &[Verdict]) -> String {
    let mut text = String::from(
        "| what | ours | best rival, or what it is held against | must reach | holds |\n\
         | --- | ---: | ---: | ---: | --- |\n",
    );
    for verdict in verdicts {
        let holds = match verdict.holds {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "–",
        };
        let Verdict {
            what,
            ours,
            reference,
            must,
            ..
        } = verdict;
        let _ = writeln!(text, "| {what} | {ours} | {reference} | {must} | {holds} |");
    }
    text
}

/// The workloads of one table, a line for each of their figures. They are for the same allocators.
fn table(rows: &[Row]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let mut text = format!("\n## {}\n\n", first.table());
    let _ = writeln!(text, "{}\n", first.workload.about());
    text += "| workload | figure |";
    for cell in &first.cells {
        let name = cell.contender.name;
        match cell.contender.role {
            Role::Rival => text += &format!(" {name} |"),
            Role::Ours => text += &format!(" `{name}` |"),
        }
    }
    text += "\n| --- | --- |";
    text += &" ---: |".repeat(first.cells.len());
    text += "\n";
    for row in rows {
        let figures: BTreeSet<Figure> = row.cells.iter().flat_map(Cell::figures).collect();
        if figures.is_empty() {
            text += &line(row, "", |_| None);
        }
        for figure in figures {
            let value = |cell: &Cell| Some(figure.write(cell.figure(figure)?));
            text += &line(row, figure.title(), value);
        }
    }
    text
}

fn line(row: &Row, title: &str, value: impl Fn(&Cell) -> Option<String>) -> String {
    let mut text = format!("| `{}` | {title} |", row.workload.name);
    for cell in &row.cells {
        let failure = cell.failure.as_deref().unwrap_or("–");
        text += &format!(" {} |", value(cell).as_deref().unwrap_or(failure));
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::{table, verdicts};
    use crate::memory::claims::judge;
    use crate::memory::figure::Figure;
    use crate::memory::results::Results;
    use crate::memory::results::tests::measured;

    #[test]
    fn a_table_has_a_line_for_each_figure() {
        let mut row = measured("sweep/1MiB", Figure::Time, &[4.0, 2.0]);
        for cell in row.cells.iter_mut().skip(2) {
            cell.failure = Some(String::from("no memory"));
        }
        let text = table(&[row]);
        let lines: Vec<&str> = text.lines().skip(5).collect();
        assert_eq!(
            lines,
            [
                "| workload | figure | glibc | mimalloc | `general` |",
                "| --- | --- | ---: | ---: | ---: |",
                "| `sweep/1MiB` | time | 4.00 ns | 2.00 ns | no memory |",
            ]
        );
    }

    #[test]
    fn what_does_not_hold_stands_out() {
        let results = Results {
            rows: vec![measured("zeroed", Figure::Time, &[2.0, 1.0, 4.0])],
        };
        let text = verdicts(&judge(&results));
        assert!(
            text.ends_with("| 4.00 ns (2.000 ×) | glibc 2.00 ns | ≤ 1.10 × glibc | **no** |\n"),
            "{text}"
        );
    }
}
