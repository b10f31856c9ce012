//! How long to soak, as the command line says it.

use std::time::Duration;

use clap::Parser;

use super::Subject;
use crate::comparison::selection;

/// Runs threads that do everything at once, with every block's contents checked, for as long as it is told to.
#[derive(Debug, Parser)]
#[command(name = "soak", version)]
pub(super) struct Options {
    /// How long it runs, in minutes
    #[arg(long, value_name = "N", default_value_t = 10.0, value_parser = minutes)]
    minutes: f64,
    /// How often it prints, in seconds [default: a twentieth of the time]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3600))]
    interval: Option<u32>,
    /// Threads an allocator
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) threads: u16,
    /// Only this allocator; may be repeated
    #[arg(long, value_name = "NAME")]
    allocator: Vec<String>,
    /// What the random numbers start from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

/// A time of more than nothing and at most a week.
fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if minutes > 0.0 && minutes <= 10_080.0 => Ok(minutes),
        _ => Err(String::from("more than 0 and at most 10080")),
    }
}

impl Options {
    /// How long it runs.
    pub(super) fn time(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * 60.0)
    }

    /// How long it is from one line to the next.
    pub(super) fn interval(&self) -> Duration {
        self.interval.map_or(self.time() / 20, |seconds| {
            Duration::from_secs(u64::from(seconds))
        })
    }

    /// The allocators asked for, in the order of `all`.
    pub(super) fn subjects(&self, all: Vec<Subject>) -> Result<Vec<Subject>, String> {
        selection::allocators(all, &self.allocator, |subject| subject.name)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::Options;

    fn options(arguments: &[&str]) -> Option<Options> {
        Options::try_parse_from(["soak"].iter().chain(arguments)).ok()
    }

    #[test]
    fn the_interval_follows_from_the_time_unless_said() {
        let interval = |arguments| options(arguments).map(|options| options.interval());
        assert_eq!(interval(&[]), Some(Duration::from_secs(30)));
        assert_eq!(
            interval(&["--minutes", "0.1"]),
            Some(Duration::from_millis(300))
        );
        assert_eq!(interval(&["--interval", "5"]), Some(Duration::from_secs(5)));
    }

    #[test]
    fn times_that_are_none_are_refused() {
        for minutes in ["0", "-1", "NaN", "inf", "ten", "20000"] {
            assert!(options(&["--minutes", minutes]).is_none(), "{minutes}");
        }
    }
}
