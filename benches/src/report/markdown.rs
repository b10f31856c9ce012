//! The results as a document.

use std::fmt::Write;

use super::claims::{self, Verdict};
use super::options::Options;
use super::plot::Plot;
use super::results::{Cell, Results, Row};
use crate::comparison::Role;
use crate::comparison::circumstances::Circumstances;
use crate::comparison::statistics::geometric_mean;
use crate::comparison::units::duration;
use crate::workloads::Group;

/// The whole document.
pub(super) fn report(
    results: &Results,
    circumstances: &Circumstances,
    options: &Options,
    plots: &[Plot],
) -> String {
    let mut text = String::from("# Allocators compared\n\n");
    text += &introduction(results, circumstances, options);
    text += "\n## Against the numbers to reach\n\n";
    text += &verdicts(&claims::judge(results));
    for group in groups(results) {
        text += &format!("\n## {}\n\n", group.title());
        text += &format!("One operation is {}.\n\n", group.operation());
        text += &table(results, group);
        if let Some(plot) = plots.iter().find(|plot| plot.group == group) {
            text += &format!("\n![{}]({})\n", group.title(), plot.file);
        }
    }
    text
}

fn groups(results: &Results) -> Vec<Group> {
    let mut groups: Vec<Group> = results.rows.iter().map(|row| row.workload.group).collect();
    groups.dedup();
    groups
}

fn introduction(results: &Results, circumstances: &Circumstances, options: &Options) -> String {
    let mut text = String::new();
    let (fewest, most) = results.rounds();
    let runs = if fewest == most {
        format!("{most}")
    } else {
        format!("{fewest} to {most}")
    };
    let quick = if options.quick {
        " (a `--quick` run)"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "Cells are median time an operation / median peak resident memory of the process (VmHWM), over \
         {runs} interleaved runs{quick}, each in a process of its own. Bold is the fastest. Quote ratios, \
         not times.\n"
    );
    let compared = results.contenders.iter();
    text += &circumstances.list(compared.map(|each| (each.name, each.package, each.role)));
    text
}

fn verdicts(verdicts: &[Verdict]) -> String {
    let mut text = String::from("| what | holds | found |\n| --- | --- | --- |\n");
    for verdict in verdicts {
        let holds = match verdict.holds {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "–",
        };
        let _ = writeln!(text, "| {} | {holds} | {} |", verdict.what, verdict.finding);
    }
    text += "\nInstruction counts are the gate's matter (`--bin gate`), real programs that of `programs/`.\n";
    text
}

/// Ours by whom, in the ratio columns.
const RATIOS: [(&str, Option<&str>); 3] = [
    ("default", None),
    ("general", None),
    ("general", Some("mimalloc")),
];

fn ratio(results: &Results, row: &Row, column: (&str, Option<&str>)) -> Option<f64> {
    match column {
        (ours, None) => results.to_best_rival(row, ours),
        (ours, Some(rival)) => results.to(row, ours, rival),
    }
}

fn table(results: &Results, group: Group) -> String {
    let mut text = String::from("| workload |");
    for contender in &results.contenders {
        match contender.role {
            Role::Rival => text += &format!(" {} |", contender.name),
            Role::Ours => text += &format!(" `{}` |", contender.name),
        }
    }
    for (ours, rival) in RATIOS {
        text += &format!(" {ours} ÷ {} |", rival.unwrap_or("best rival"));
    }
    text += "\n| --- |";
    text += &" ---: |".repeat(results.contenders.len() + RATIOS.len());
    text += "\n";

    let rows = || {
        results
            .rows
            .iter()
            .filter(|row| row.workload.group == group)
    };
    for row in rows() {
        let best = row
            .cells
            .iter()
            .filter_map(Cell::time)
            .min_by(f64::total_cmp);
        text += &format!("| `{}` |", row.workload.name);
        for cell in &row.cells {
            text += &format!(" {} |", describe(cell, best));
        }
        for column in RATIOS {
            text += &format!(" {} |", optional(ratio(results, row, column)));
        }
        text += "\n";
    }
    text += "| geometric mean |";
    text += &" |".repeat(results.contenders.len());
    for column in RATIOS {
        let ratios: Vec<f64> = rows()
            .filter_map(|row| ratio(results, row, column))
            .collect();
        text += &format!(" {} |", optional(geometric_mean(&ratios)));
    }
    text + "\n"
}

fn describe(cell: &Cell, best: Option<f64>) -> String {
    let (Some(time), Some(peak)) = (cell.time(), cell.peak()) else {
        return cell.failure.clone().unwrap_or_else(|| String::from("–"));
    };
    let memory = if peak < 10.0 {
        format!("{peak:.1} MiB")
    } else {
        format!("{peak:.0} MiB")
    };
    if Some(time) == best {
        format!("**{}** / {memory}", duration(time))
    } else {
        format!("{} / {memory}", duration(time))
    }
}

fn optional(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| String::from("–"), |ratio| format!("{ratio:.2}"))
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::report::results::tests::sample_results;
    use crate::workloads::Group;

    #[test]
    fn a_table_has_time_memory_and_ratios() {
        let text = table(&sample_results(), Group::Spec);
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some(
                "| workload | glibc | mimalloc | `default` | default ÷ best rival \
                 | general ÷ best rival | general ÷ mimalloc |"
            )
        );
        assert_eq!(
            lines.next(),
            Some("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        );
        assert_eq!(
            lines.next(),
            Some(
                "| `same_thread_small_churn/32` | 4.00 ns / 3.0 MiB | 2.00 ns / 3.0 MiB \
                 | **1.00 ns** / 3.0 MiB | 0.50 | – | – |"
            )
        );
    }

    #[test]
    fn failures_stand_in_their_cell() {
        let mut results = sample_results();
        for row in &mut results.rows {
            for cell in row.cells.iter_mut().take(1) {
                cell.failure = Some(String::from("no memory"));
            }
        }
        assert!(table(&results, Group::Spec).contains("| no memory | 2.00 ns"));
    }
}
