//! The rounds: in each, every row, and for each of them every allocator, one after the other.
//!
//! A disturbance of the machine thus hits neighbours, whose ratio it spoils least. Their order changes from turn to turn.

use std::fs;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::turns;
use crate::measure;

/// How often everything is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    /// Who says so on the way.
    pub(crate) program: &'static str,
    pub(crate) count: u32,
    /// After how long no further row starts.
    pub(crate) limit: Option<Duration>,
}

impl Rounds {
    /// In each round calls `cell` for each of the cells of each of `rows`, of which `cells` says how many there are.
    pub(crate) fn run<R>(
        &self,
        rows: &mut [R],
        cells: fn(&R) -> usize,
        mut cell: impl FnMut(&mut R, usize, &ProgressBar) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { program, count, .. } = self;
        let measurements: usize = rows.iter().map(cells).sum();
        let progress = progress(measurements as u64 * u64::from(*count));
        let start = Instant::now();

        'rounds: for round in 1..=*count {
            if !io::stderr().is_terminal() {
                eprintln!("{program}: round {round} of {count}, {measurements} measurements");
            }
            for (at, row) in rows.iter_mut().enumerate() {
                // A row's cells are filled together or not at all: what is compared is of one time.
                if self.limit.is_some_and(|limit| start.elapsed() > limit) {
                    eprintln!("{program}: no time left in round {round} of {count}");
                    break 'rounds;
                }
                for place in turns::order(round as usize + at, cells(row)) {
                    cell(row, place, &progress)?;
                    progress.inc(1);
                }
            }
        }
        progress.finish_and_clear();
        Ok(())
    }
}

/// Takes a further sample of a cell, or the reason why it has none, unless it has one already.
pub(crate) fn take<S>(
    samples: &mut Vec<S>,
    failure: &mut Option<String>,
    ask: impl FnOnce() -> io::Result<Result<S, String>>,
) -> io::Result<()> {
    if failure.is_none() {
        match ask()? {
            Ok(sample) => samples.push(sample),
            Err(reason) => *failure = Some(reason),
        }
    }
    Ok(())
}

/// Whether the machine has memory for so many bytes.
///
/// A process that takes all memory takes others with it, and one that takes most of it is rude.
pub(crate) fn fits(bytes: u64) -> bool {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = measure::kib(&meminfo, "MemAvailable");
    available == 0 || bytes / 1024 <= available / 2
}

fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} {msg}");
    let bar = ProgressBar::new(length);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::{Rounds, take};
    use std::time::Duration;

    fn turns(limit: Option<Duration>) -> Vec<(char, usize)> {
        let rounds = Rounds {
            program: "test",
            count: 2,
            limit,
        };
        let mut turns = Vec::new();
        let run = rounds.run(
            &mut ['a', 'b'],
            |_| 2,
            |row, cell, _| {
                turns.push((*row, cell));
                Ok(())
            },
        );
        run.expect("no cell fails");
        turns
    }

    #[test]
    fn the_rows_take_turns_and_their_cells_change_places() {
        let (a, b) = ('a', 'b');
        assert_eq!(
            turns(None),
            [
                (a, 1),
                (a, 0),
                (b, 0),
                (b, 1),
                (a, 0),
                (a, 1),
                (b, 1),
                (b, 0),
            ]
        );
    }

    #[test]
    fn nothing_is_asked_for_after_a_failure() {
        let (mut samples, mut failure) = (Vec::new(), None);
        for answer in [Ok(1), Err(String::from("no memory")), Ok(2)] {
            take(&mut samples, &mut failure, || Ok(answer)).expect("nothing fails otherwise");
        }
        assert_eq!((samples, failure.as_deref()), (vec![1], Some("no memory")));
    }

    #[test]
    fn no_row_starts_after_the_limit() {
        assert!(turns(Some(Duration::ZERO)).is_empty());
    }
}
