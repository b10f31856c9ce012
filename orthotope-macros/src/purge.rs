//! When unused pages go back, as the attribute spells it.
//!
//! Owns the notation, the longest time, and what to say about text that is neither time nor word. Whether a
//! well-formed time is sensible is `validate`'s to say.

use std::fmt;
use std::time::Duration;

use crate::nearest::nearest;
use crate::size::split_number;

/// Longest time there is, 292 years: a clock's nanoseconds and it add up without overflow in a `u64`.
const MAX_TIME: Duration = Duration::from_nanos(i64::MAX as u64);

/// The units, each with its milliseconds; largest last.
const UNITS: [(&str, u64); 3] = [("ms", 1), ("s", 1_000), ("m", 60_000)];

/// When unused pages go back to the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purge {
    Never,
    Eager,
    /// Whole milliseconds.
    After(Duration),
}

impl fmt::Display for Purge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = match self {
            Self::Never => return f.write_str("never"),
            Self::Eager => return f.write_str("eager"),
            Self::After(time) => time.as_millis(),
        };
        let mut units = UNITS
            .map(|(name, unit)| (name, u128::from(unit)))
            .into_iter();
        match units.rfind(|(_, unit)| milliseconds.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", milliseconds / unit),
            None => unreachable!("a millisecond divides whole milliseconds"),
        }
    }
}

/// Why a purge time could not be read. Displays as what follows "`purge` = …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PurgeError {
    /// Neither word nor time; with what was probably meant.
    Malformed { meant: Option<String> },
    /// More than [`MAX_TIME`].
    Overflow,
}

impl PurgeError {
    /// What is wrong with `text`, which is no string or not one of the notation.
    pub(crate) fn malformed(text: &str) -> Self {
        Self::Malformed { meant: meant(text) }
    }
}

impl fmt::Display for PurgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { meant } => {
                f.write_str("must be \"never\", \"eager\" or an integer with ms, s or m")?;
                match meant {
                    Some(meant) => write!(f, ": write \"{meant}\""),
                    None => f.write_str(", such as \"10s\""),
                }
            }
            Self::Overflow => {
                let minutes = MAX_TIME.as_secs() / 60;
                write!(
                    f,
                    "overflows; write at most \"{minutes}m\", or \"never\" to keep unused pages for good"
                )
            }
        }
    }
}

/// Reads `"never"`, `"eager"`, or an integer with `ms`, `s` or `m`.
pub(crate) fn parse_purge(text: &str) -> Result<Purge, PurgeError> {
    match text {
        "never" => return Ok(Purge::Never),
        "eager" => return Ok(Purge::Eager),
        _ => {}
    }
    let (number, unit) = split_number(text);
    let unit = UNITS.iter().find(|(name, _)| *name == unit);
    let Some((_, milliseconds)) = unit.filter(|_| !number.is_empty()) else {
        return Err(PurgeError::malformed(text));
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*milliseconds))
        .map(Duration::from_millis)
        .filter(|time| *time <= MAX_TIME)
        .map(Purge::After)
        .ok_or(PurgeError::Overflow)
}

/// The legal text that a misspelt word, or a number with another unit or none, stands for.
fn meant(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    if let Some(word) = nearest(&text, ["never", "eager"]) {
        return Some(word.to_owned());
    }
    let (number, unit) = split_number(&text);
    let (factor, unit) = match unit.trim() {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => (1, "ms"),
        "" | "s" | "sec" | "secs" | "second" | "seconds" => (1, "s"),
        "m" | "min" | "mins" | "minute" | "minutes" => (1, "m"),
        "h" | "hour" | "hours" => (60, "m"),
        "d" | "day" | "days" => (24 * 60, "m"),
        _ => return None,
    };
    let number = number.parse::<u64>().ok()?.checked_mul(factor)?;
    if number == 0 {
        return Some("eager".to_owned());
    }
    let meant = format!("{number}{unit}");
    parse_purge(&meant).is_ok().then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(milliseconds: u64) -> Purge {
        Purge::After(Duration::from_millis(milliseconds))
    }

    #[test]
    fn words_and_times() {
        for (text, purge) in [
            ("never", Purge::Never),
            ("eager", Purge::Eager),
            ("10s", after(10_000)),
            ("500ms", after(500)),
            ("2m", after(120_000)),
            ("1_500ms", after(1_500)),
            ("0s", after(0)),
            ("153722867m", after(153_722_867 * 60_000)),
        ] {
            assert_eq!(parse_purge(text), Ok(purge), "{text}");
        }
    }

    #[test]
    fn what_is_no_purge_time_is_told_what_it_may_mean() {
        for (text, meant) in [
            ("Never", Some("never")),
            ("nevr", Some("never")),
            ("10", Some("10s")),
            ("10 s", Some("10s")),
            ("10S", Some("10s")),
            ("5sec", Some("5s")),
            ("3 min", Some("3m")),
            ("10h", Some("600m")),
            ("1 day", Some("1440m")),
            ("250 millis", Some("250ms")),
            ("0", Some("eager")),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("1.5s", None),
            ("500us", None),
            ("10s!", None),
            ("99999999999999999999", None),
            ("18446744073709551615h", None),
            ("153722868 minutes", None),
        ] {
            let meant = meant.map(str::to_owned);
            assert_eq!(
                parse_purge(text),
                Err(PurgeError::Malformed { meant }),
                "{text}"
            );
        }
    }

    #[test]
    fn too_long_a_time_overflows() {
        for text in [
            "153722868m",
            "9223372036855ms",
            "18446744073709551615s",
            "18446744073709551616ms",
        ] {
            assert_eq!(parse_purge(text), Err(PurgeError::Overflow), "{text}");
        }
        assert!(PurgeError::Overflow.to_string().contains("\"153722867m\""));
    }

    #[test]
    fn displays_as_it_may_be_written() {
        for text in ["never", "eager", "1ms", "1500ms", "90s", "2m"] {
            assert_eq!(parse_purge(text).unwrap().to_string(), text);
        }
        assert_eq!(after(60_000).to_string(), "1m");
    }
}
