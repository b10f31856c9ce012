//! Whether a figure keeps growing: what it was at most in the second quarter of the time, against the last.

/// A figure over time.
#[derive(Debug, Default)]
pub(super) struct Growth(Vec<u64>);

impl Growth {
    /// The figure now.
    pub(super) fn push(&mut self, value: u64) {
        self.0.push(value);
    }

    /// Fails if the most of the last quarter is beyond that of the second by `share` in a hundred and `more`.
    pub(super) fn judge(&self, what: &str, share: u64, more: u64) -> Result<(), String> {
        let quarter = self.0.len().div_ceil(4);
        let most = |from: usize| self.0.iter().skip(from).take(quarter).max().copied();
        let (Some(early), Some(late)) = (most(quarter), most(self.0.len() - quarter)) else {
            return Ok(());
        };
        let bound = early + early / 100 * share + more;
        if late <= bound {
            return Ok(());
        }
        Err(format!(
            "{what} grew from {early} to {late}, beyond {bound}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Growth;

    fn judge(values: impl IntoIterator<Item = u64>) -> bool {
        Growth(values.into_iter().collect())
            .judge("it", 10, 5)
            .is_ok()
    }

    #[test]
    fn what_rises_at_first_or_wavers_is_no_growth() {
        assert!(judge([]));
        assert!(judge([1]));
        assert!(judge([1, 100, 90, 100, 80, 100, 90, 100]));
    }

    #[test]
    fn what_keeps_rising_is() {
        assert!(!judge((1..=20).map(|step| 100 * step)));
        assert!(!judge([10, 10, 10, 1_000]));
    }
}
