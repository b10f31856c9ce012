//! The machine, as far as it matters for the numbers. That of `orthotope-programs`' numbers, too.

use std::fs;
use std::thread;

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
            processor: field(&read("/proc/cpuinfo"), "model name")
                .map_or_else(unknown, str::to_owned),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory_gib(&read("/proc/meminfo")).unwrap_or(0.0),
            kernel: first_word(&read("/proc/sys/kernel/osrelease")).unwrap_or_else(unknown),
            load: first_word(&read("/proc/loadavg")).unwrap_or_else(unknown),
        }
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn memory_gib(meminfo: &str) -> Option<f64> {
    let kib: f64 = field(meminfo, "MemTotal")?
        .strip_suffix(" kB")?
        .parse()
        .ok()?;
    Some(kib / 1_048_576.0)
}

#[cfg(test)]
mod tests {
    use super::{field, memory_gib};

    #[test]
    fn fields_are_found() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2GHz\nmodel name\t: Other\n";
        assert_eq!(field(text, "model name"), Some("Some CPU @ 2GHz"));
        assert_eq!(field("", "model name"), None);
        assert_eq!(memory_gib("MemTotal:        2097152 kB\n"), Some(2.0));
        assert_eq!(memory_gib(""), None);
    }
}
