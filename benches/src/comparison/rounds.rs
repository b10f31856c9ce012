//! The rounds: in each, every row, and for each of them every allocator, one after the other.
//!
//! A disturbance of the machine thus hits neighbours, whose ratio it spoils least.

use std::fs;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

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
    /// In each round calls `row` for each of `rows`, `measurements` of all of which are one round.
    pub(crate) fn run<R>(
        &self,
        rows: &mut [R],
        measurements: usize,
        mut row: impl FnMut(&mut R, &ProgressBar) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { program, count, .. } = self;
        let progress = progress(measurements as u64 * u64::from(*count));
        let start = Instant::now();

        'rounds: for round in 1..=*count {
            if !io::stderr().is_terminal() {
                eprintln!("{program}: round {round} of {count}, {measurements} measurements");
            }
            for each in &mut *rows {
                // A row's cells are filled together or not at all: what is compared is of one time.
                if self.limit.is_some_and(|limit| start.elapsed() > limit) {
                    eprintln!("{program}: no time left in round {round} of {count}");
                    break 'rounds;
                }
                row(each, &progress)?;
            }
        }
        progress.finish_and_clear();
        Ok(())
    }
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
    use super::Rounds;
    use std::time::Duration;

    fn turns(limit: Option<Duration>) -> Vec<u32> {
        let rounds = Rounds {
            program: "test",
            count: 2,
            limit,
        };
        let mut turns = Vec::new();
        let run = rounds.run(&mut [1, 2], 2, |row, _| {
            turns.push(*row);
            Ok(())
        });
        run.expect("no row fails");
        turns
    }

    #[test]
    fn the_rows_take_turns() {
        assert_eq!(turns(None), [1, 2, 1, 2]);
    }

    #[test]
    fn no_row_starts_after_the_limit() {
        assert!(turns(Some(Duration::ZERO)).is_empty());
    }
}
