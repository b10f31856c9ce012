//! How a number is written.

/// Nanoseconds with three significant digits, in the unit that suits.
pub(crate) fn duration(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        time if time < 1e3 => (time, "ns"),
        time if time < 1e6 => (time / 1e3, "µs"),
        time if time < 1e9 => (time / 1e6, "ms"),
        time => (time / 1e9, "s"),
    };
    let digits = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// Bytes with two or three significant digits, in the unit that suits.
pub(crate) fn bytes(bytes: f64) -> String {
    let (value, unit) = match bytes.abs() {
        size if size < 1024.0 => return format!("{bytes:.0} B"),
        size if size < 1_048_576.0 => (bytes / 1024.0, "KiB"),
        _ => (bytes / 1_048_576.0, "MiB"),
    };
    let digits = usize::from(value.abs() < 10.0);
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration};

    #[test]
    fn durations_have_three_digits() {
        assert_eq!(duration(4.213), "4.21 ns");
        assert_eq!(duration(42.13), "42.1 ns");
        assert_eq!(duration(4_213.0), "4.21 µs");
        assert_eq!(duration(421_300_000.0), "421 ms");
        assert_eq!(duration(3e9), "3.00 s");
    }

    #[test]
    fn bytes_are_in_the_unit_that_suits() {
        assert_eq!(bytes(0.0), "0 B");
        assert_eq!(bytes(-4096.0), "-4.0 KiB");
        assert_eq!(bytes(300.0 * 1024.0), "300 KiB");
        assert_eq!(bytes(1.5 * 1_048_576.0), "1.5 MiB");
        assert_eq!(bytes(2048.0 * 1_048_576.0), "2048 MiB");
    }
}
