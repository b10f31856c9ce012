//! The machine, as far as it matters for the numbers.

use std::fs;
use std::thread;

use crate::measure;

/// Where the numbers come from.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    /// Processes that wanted to run in the last minute, before the first measurement.
    pub(crate) load: String,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn here() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let first_word = |text: &str| text.split_whitespace().next().map(str::to_owned);
        let unknown = || String::from("unknown");
        Self {
            processor: processor(&read("/proc/cpuinfo")).map_or_else(unknown, str::to_owned),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_gib: measure::kib(&read("/proc/meminfo"), "MemTotal") as f64 / 1_048_576.0,
            kernel: first_word(&read("/proc/sys/kernel/osrelease")).unwrap_or_else(unknown),
            load: first_word(&read("/proc/loadavg")).unwrap_or_else(unknown),
        }
    }
}

fn processor(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::processor;

    #[test]
    fn the_processor_has_a_name() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2GHz\nmodel name\t: Other\n";
        assert_eq!(processor(text), Some("Some CPU @ 2GHz"));
        assert_eq!(processor(""), None);
    }
}
