//! Numbers as people read them.

/// Bytes in the unit that suits, with three digits.
pub(crate) fn bytes(bytes: u128) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = match value {
        _ if unit == 0 => 0,
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A size as the attribute and people write it: exact.
pub(crate) fn size(bytes: usize) -> String {
    match bytes.trailing_zeros() {
        40.. => format!("{} TiB", bytes >> 40),
        30.. => format!("{} GiB", bytes >> 30),
        20.. => format!("{} MiB", bytes >> 20),
        10.. if bytes >= 10 << 10 => format!("{} KiB", bytes >> 10),
        _ => count(bytes as u128),
    }
}

/// A number with its digits in threes.
pub(crate) fn count(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of a whole in percent, one decimal; 0 of nothing.
pub(crate) fn percent(part: u128, whole: u128) -> String {
    let share = if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    };
    format!("{:.1} %", share * 100.0)
}

/// `1 thread`, `2 threads`.
pub(crate) fn counted(number: u128, one: &str, many: &str) -> String {
    let what = if number == 1 { one } else { many };
    format!("{} {what}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_where_they_must_be() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "0.98 KiB");
        assert_eq!(bytes(1 << 20), "1.00 MiB");
        assert_eq!(bytes(150 << 30), "150 GiB");
        assert_eq!(bytes(5_000 << 40), "5000 TiB");
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(size(1_536), "1,536");
        assert_eq!(size(64 << 10), "64 KiB");
        assert_eq!(size(1 << 40), "1 TiB");
        assert_eq!(percent(1, 8), "12.5 %");
        assert_eq!(percent(1, 0), "0.0 %");
        assert_eq!(counted(1, "thread", "threads"), "1 thread");
        assert_eq!(counted(1_000, "thread", "threads"), "1,000 threads");
    }
}
