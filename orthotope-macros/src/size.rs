//! Sizes as the attribute's arguments spell them.
//!
//! Owns the notation and what to say about text that is not of it. Knows text only: which
//! argument it belongs to, and whether the value is sensible there, is decided elsewhere.

use std::fmt;

/// Largest size there is: no object of a Rust program is larger.
pub(crate) const MAX_SIZE: usize = isize::MAX as usize;

/// The units, each with the power of two that it stands for; largest last.
const UNITS: [(&str, u32); 5] = [("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

/// Why a size could not be read. Displays as what follows "`arena` = …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SizeError {
    /// Something else altogether.
    Malformed,
    /// A number with a unit that is none of ours.
    Unit { number: String, unit: String },
    /// An integer with a type suffix other than `usize`.
    Suffix(String),
    /// A number with a fractional part.
    Fraction,
    /// More than [`MAX_SIZE`] bytes.
    Overflow,
}

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str(
                "is not a size; write bytes as an integer, or a string with a unit (B, KiB, MiB, GiB, TiB) \
                 such as \"64KiB\"",
            ),
            Self::Unit { number, unit } => {
                write!(f, "has the unknown unit `{unit}`; the units are B, KiB, MiB, GiB and TiB")?;
                match meant_unit(unit) {
                    Some(meant) => write!(f, ": write \"{number}{meant}\""),
                    None => Ok(()),
                }
            }
            Self::Suffix(suffix) => write!(f, "has the suffix `{suffix}`; leave it out: sizes are `usize`"),
            Self::Fraction => {
                f.write_str("is not a whole number; write it in a smaller unit, as 1.5 GiB is \"1536MiB\"")
            }
            Self::Overflow => {
                write!(f, "overflows; write a smaller size: the largest is {MAX_SIZE} bytes (`isize::MAX`)")
            }
        }
    }
}

/// Reads the string notation: digits, `_` between them as in Rust, and a unit; none means bytes.
pub(crate) fn parse_size(text: &str) -> Result<usize, SizeError> {
    let (number, unit) = split_number(text);
    if number.is_empty() {
        return Err(SizeError::Malformed);
    }
    if unit.starts_with('.') {
        return Err(SizeError::Fraction);
    }
    if !unit.trim_start().chars().all(char::is_alphabetic) {
        return Err(SizeError::Malformed);
    }
    let shift = match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, shift)) => *shift,
        None if unit.is_empty() => 0,
        None => {
            let unit = unit.trim_start().to_owned();
            return Err(SizeError::Unit { number, unit });
        }
    };
    scale(&number, 1 << shift)
}

/// Reads an integer literal: its decimal digits, without `_`, and its type suffix.
pub(crate) fn parse_integer(digits: &str, suffix: &str) -> Result<usize, SizeError> {
    if digits.starts_with('-') {
        return Err(SizeError::Malformed);
    }
    if !matches!(suffix, "" | "usize") {
        return Err(SizeError::Suffix(suffix.to_owned()));
    }
    scale(digits, 1)
}

/// `number` is decimal digits alone, so that all it can be is too large.
fn scale(number: &str, unit: usize) -> Result<usize, SizeError> {
    number
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|&size| size <= MAX_SIZE)
        .ok_or(SizeError::Overflow)
}

/// The leading digits of `text`, without `_`, and the rest.
pub(crate) fn split_number(text: &str) -> (String, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '_')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    (number.replace('_', ""), rest)
}

/// The unit that a decimal, abbreviated or wrongly capitalised one stands for.
fn meant_unit(unit: &str) -> Option<&'static str> {
    match unit.to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => Some("B"),
        "k" | "kb" | "ki" | "kib" => Some("KiB"),
        "m" | "mb" | "mi" | "mib" => Some("MiB"),
        "g" | "gb" | "gi" | "gib" => Some("GiB"),
        "t" | "tb" | "ti" | "tib" => Some("TiB"),
        _ => None,
    }
}

/// The size in the largest unit that divides it; without one below 10 KiB, where bytes read better.
pub(crate) fn display(size: usize) -> String {
    let exact = |shift: u32| size.trailing_zeros() >= shift;
    match UNITS.iter().rev().find(|(_, shift)| exact(*shift)) {
        Some((unit, shift)) if size >= 10 << 10 && *shift > 0 => {
            format!("{}{unit}", size >> shift)
        }
        _ => size.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: &str, unit: &str) -> Result<usize, SizeError> {
        Err(SizeError::Unit {
            number: number.to_owned(),
            unit: unit.to_owned(),
        })
    }

    #[test]
    fn sizes_with_and_without_units() {
        for (text, size) in [
            ("65536", 65_536),
            ("65_536", 65_536),
            ("512B", 512),
            ("64KiB", 64 << 10),
            ("1MiB", 1 << 20),
            ("4GiB", 4 << 30),
            ("2TiB", 2 << 40),
            ("0", 0),
            ("0KiB", 0),
            ("9223372036854775807", MAX_SIZE),
        ] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
    }

    #[test]
    fn what_is_no_size() {
        for text in [
            "", "KiB", "big", "-1", "0x40", "64 & 1", "_", "64KiB!", " 64KiB",
        ] {
            assert_eq!(parse_size(text), Err(SizeError::Malformed), "{text}");
        }
        assert_eq!(parse_size("1.5GiB"), Err(SizeError::Fraction));
    }

    #[test]
    fn units_are_binary_and_spelt_exactly() {
        assert_eq!(parse_size("4GB"), unit("4", "GB"));
        assert_eq!(parse_size("64kib"), unit("64", "kib"));
        assert_eq!(parse_size("64 KiB"), unit("64", "KiB"));
        assert_eq!(parse_size("64KiB "), Err(SizeError::Malformed));
        let mend = |text| parse_size(text).unwrap_err().to_string();
        assert!(mend("4GB").ends_with("write \"4GiB\""));
        assert!(mend("64k").ends_with("write \"64KiB\""));
        assert!(mend("64 KiB").ends_with("write \"64KiB\""));
        assert!(mend("3 bytes").ends_with("write \"3B\""));
        assert!(mend("4PiB").ends_with("GiB and TiB"));
    }

    #[test]
    fn overflow_is_told_from_nonsense() {
        for text in ["9223372036854775808", "8388608TiB", "18446744073709551616B"] {
            assert_eq!(parse_size(text), Err(SizeError::Overflow), "{text}");
        }
        let digits = "9".repeat(60);
        assert_eq!(parse_size(&digits), Err(SizeError::Overflow));
        assert_eq!(parse_integer(&digits, ""), Err(SizeError::Overflow));
        assert_eq!(parse_size("8388607TiB"), Ok(8_388_607 << 40));
    }

    #[test]
    fn integers_take_no_suffix_but_their_own() {
        assert_eq!(parse_integer("64", ""), Ok(64));
        assert_eq!(parse_integer("64", "usize"), Ok(64));
        assert_eq!(
            parse_integer("64", "u32"),
            Err(SizeError::Suffix("u32".to_owned()))
        );
        assert_eq!(parse_integer("-64", ""), Err(SizeError::Malformed));
    }

    #[test]
    fn displays_the_largest_exact_unit() {
        for (size, text) in [
            (48, "48"),
            (6_144, "6144"),
            (65_536, "64KiB"),
            (65_537, "65537"),
            (3 << 20, "3MiB"),
            (64 << 30, "64GiB"),
            (1 << 40, "1TiB"),
        ] {
            assert_eq!(display(size), text);
        }
    }
}
