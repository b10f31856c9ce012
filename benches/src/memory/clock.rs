//! How long one of many equal operations takes.

use std::time::Instant;

/// Nanoseconds an operation, in the fastest of `passes` passes of `operations`. A pass before them does not count.
pub(super) fn fastest(passes: u32, operations: u32, mut operation: impl FnMut()) -> f64 {
    let mut pass = || {
        let start = Instant::now();
        for _ in 0..operations {
            operation();
        }
        start.elapsed()
    };
    pass();
    let best = (0..passes).map(|_| pass()).min().unwrap_or_default();
    best.as_secs_f64() * 1e9 / f64::from(operations)
}

#[cfg(test)]
mod tests {
    use super::fastest;
    use std::thread::sleep;
    use std::time::Duration;

    #[test]
    fn the_fastest_pass_counts() {
        let mut calls = 0;
        let time = fastest(3, 2, || {
            calls += 1;
            // The first pass and one other are slow.
            sleep(Duration::from_millis(if calls <= 4 { 40 } else { 1 }));
        });
        assert_eq!(calls, 8);
        assert!((1e6..20e6).contains(&time), "{time}");
    }
}
