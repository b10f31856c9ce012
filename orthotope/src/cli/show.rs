//! `show`: a histogram in the terminal.

use std::io::Write;
use std::path::PathBuf;

use orthotope_runtime::profile::{Bin, Profile};

use crate::load::{self, Failure};
use crate::numbers::{bytes, count, percent, size};
use crate::tune::summary;

/// Cells of the longest bar.
const BAR: usize = 32;

pub(crate) fn run(profiles: &[PathBuf], out: &mut impl Write) -> Result<(), Failure> {
    let profile = load::read_all(profiles)?;
    writeln!(out, "{}\n", summary(&profile))?;
    writeln!(
        out,
        "{:>10}{:>15}{:>13}{:>12}{:>8}  bytes at the peak",
        "size", "allocations", "live at peak", "at peak", "remote"
    )?;
    let rows = rows(&profile);
    let most = rows.iter().map(|row| row.peak_bytes).max().unwrap_or(0);
    for row in &rows {
        let frees = row.allocations.saturating_sub(row.live);
        writeln!(
            out,
            "{:>10}{:>15}{:>13}{:>12}{:>8}  {}",
            format!("<= {}", size(row.size)),
            count(row.allocations.into()),
            count(row.peak.into()),
            bytes(row.peak_bytes.into()),
            percent(row.remote_frees.into(), frees.into()),
            bar(row.peak_bytes, most),
        )?;
    }
    writeln!(
        out,
        "\nThe peak is the moment at which the process held most; remote is the share freed by another thread."
    )?;
    Ok(())
}

/// The bins, summed up to two rows a doubling.
fn rows(profile: &Profile) -> Vec<Bin> {
    let mut rows: Vec<Bin> = Vec::new();
    for bin in &profile.bins {
        let half = bin.size.next_power_of_two();
        let limit = if bin.size <= half / 4 * 3 {
            half / 4 * 3
        } else {
            half
        };
        if rows.last().is_none_or(|row| row.size != limit) {
            rows.push(Bin {
                size: limit,
                ..Bin::default()
            });
        }
        if let Some(row) = rows.last_mut() {
            row.allocations += bin.allocations;
            row.live += bin.live;
            row.peak += bin.peak;
            row.peak_bytes += bin.peak_bytes;
            row.remote_frees += bin.remote_frees;
        }
    }
    rows
}

/// A bar with eighths of a cell.
fn bar(value: u64, most: u64) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    if most == 0 || value == 0 {
        return String::new();
    }
    let eighths = (value as f64 / most as f64 * (8 * BAR) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    match eighths % 8 {
        // What is there can be seen.
        0 if bar.is_empty() => bar.push('▏'),
        0 => {}
        rest => bar.push(EIGHTHS[rest]),
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_to_scale_and_never_vanish() {
        assert_eq!(bar(0, 100), "");
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(100, 100).chars().count(), BAR);
        assert_eq!(bar(50, 100).chars().count(), BAR / 2);
    }

    #[test]
    fn rows_are_two_a_doubling() {
        let bins = [8, 16, 24, 32, 48, 56, 64, 1 << 40].map(|size| Bin {
            size,
            peak: 1,
            ..Bin::default()
        });
        let profile = Profile {
            processes: 1,
            threads: 1,
            bins: bins.to_vec(),
        };
        let rows: Vec<_> = rows(&profile)
            .iter()
            .map(|row| (row.size, row.peak))
            .collect();
        assert_eq!(
            rows,
            [
                (8, 1),
                (16, 1),
                (24, 1),
                (32, 1),
                (48, 1),
                (64, 2),
                (1 << 40, 1)
            ]
        );
    }
}
