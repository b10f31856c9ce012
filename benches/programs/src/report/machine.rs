//! The machine and the build, as far as they matter for the numbers.

use std::fs;
use std::thread;

/// Where the numbers come from, as one sentence.
pub(super) fn here() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let first = |text: &str| {
        text.split_whitespace()
            .next()
            .unwrap_or("unknown")
            .to_owned()
    };
    format!(
        "{}, {} cores, {:.0} GiB of memory, Linux {}, {}, opt-level {}; load at the start {}",
        field(&read("/proc/cpuinfo"), "model name").unwrap_or("unknown processor"),
        thread::available_parallelism().map_or(1, usize::from),
        memory_gib(&read("/proc/meminfo")).unwrap_or(0.0),
        first(&read("/proc/sys/kernel/osrelease")),
        env!("PROGRAMS_RUSTC"),
        env!("PROGRAMS_OPT_LEVEL"),
        first(&read("/proc/loadavg")),
    )
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
        assert_eq!(
            field("processor\t: 0\nmodel name\t: Some CPU\n", "model name"),
            Some("Some CPU")
        );
        assert_eq!(memory_gib("MemTotal:        2097152 kB\n"), Some(2.0));
        assert_eq!(memory_gib(""), None);
    }
}
