//! Statistics in Prometheus' text form, version 0.0.4, and a reader that holds such a text to its rules.

use std::collections::BTreeMap;
use std::fmt::Write;

use orthotope::{ClassStats, Stats};

/// The `content-type` of the text.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A figure of the whole allocator: its name, what it is, and where it is.
type Whole = (&'static str, &'static str, fn(&Stats) -> usize);

/// A figure that each class has.
type OfClass = (&'static str, &'static str, fn(&ClassStats) -> usize);

// By the naming rules of Prometheus, the unit stands at the end.
const WHOLE: [Whole; 11] = [
    (
        "allocated_bytes",
        "Payload in the program's hands.",
        |stats| stats.allocated,
    ),
    (
        "active_bytes",
        "Pages that hold live or cached blocks.",
        |stats| stats.active,
    ),
    ("resident_bytes", "Most that can be in memory.", |stats| {
        stats.resident
    }),
    (
        "retained_bytes",
        "Usable address space that no memory backs.",
        |stats| stats.retained,
    ),
    (
        "mapped_bytes",
        "Slabs, and spans of large blocks.",
        |stats| stats.mapped,
    ),
    ("metadata_bytes", "The allocator's own records.", |stats| {
        stats.metadata
    }),
    (
        "idle_bytes",
        "Free blocks in caches and the central pool.",
        Stats::idle_bytes,
    ),
    (
        "arena_bytes",
        "Address space that may be handed out.",
        |stats| stats.capacity,
    ),
    ("thread_caches", "Threads that hold a cache.", |stats| {
        stats.caches
    }),
    (
        "large_live_blocks",
        "Large blocks in the program's hands.",
        |stats| stats.large_live,
    ),
    (
        "large_live_bytes",
        "Bytes of these large blocks.",
        |stats| stats.large_live_bytes,
    ),
];

const OF_CLASS: [OfClass; 5] = [
    (
        "class_live_blocks",
        "Blocks in the program's hands.",
        |class| class.live,
    ),
    (
        "class_cached_blocks",
        "Free blocks in threads' caches.",
        |class| class.cached,
    ),
    (
        "class_pooled_blocks",
        "Free blocks in the central pool.",
        |class| class.pooled,
    ),
    (
        "class_resident_bytes",
        "Memory of the class's slabs.",
        |class| class.resident,
    ),
    (
        "class_waste_bytes",
        "Resident bytes without live payload.",
        ClassStats::waste,
    ),
];

/// The text. The label `class` is the largest request, in bytes, that a class serves; classes never used are left out.
pub(crate) fn text(stats: &Stats) -> String {
    let mut text = String::new();
    for (name, help, figure) in WHOLE {
        head(&mut text, name, help);
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "orthotope_{name} {}", figure(stats));
    }
    for (name, help, figure) in OF_CLASS {
        head(&mut text, name, help);
        for class in stats.classes.iter().filter(|class| class.slabs > 0) {
            let (payload, value) = (class.payload, figure(class));
            let _ = writeln!(text, "orthotope_{name}{{class=\"{payload}\"}} {value}");
        }
    }
    text
}

/// All figures go up and down.
fn head(text: &mut String, name: &str, help: &str) {
    let _ = writeln!(text, "# HELP orthotope_{name} {help}");
    let _ = writeln!(text, "# TYPE orthotope_{name} gauge");
}

/// The samples of such a text by name and labels, as they are written.
///
/// # Errors
///
/// The first line that breaks a rule: each ends in a line feed; a family's `HELP` and `TYPE` come once, before its samples;
/// a sample is a name of the family, labels in braces if any, and a number; none is there twice.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<&str, f64>, String> {
    let mut families = Vec::new();
    let mut helped = "";
    let mut samples = BTreeMap::new();
    for line in text.split_inclusive('\n') {
        let wrong = |why: &str| format!("{why}: {line:?}");
        let line = line
            .strip_suffix('\n')
            .ok_or_else(|| wrong("no line feed"))?;
        if let Some(help) = line.strip_prefix("# HELP ") {
            (helped, _) = help.split_once(' ').ok_or_else(|| wrong("no help"))?;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').ok_or_else(|| wrong("no type"))?;
            if name != helped || kind != "gauge" || families.contains(&name) {
                return Err(wrong("a type out of place"));
            }
            families.push(name);
        } else {
            let (sample, value) = line.rsplit_once(' ').ok_or_else(|| wrong("no value"))?;
            let (name, labels) = sample
                .split_once('{')
                .map_or((sample, None), |(name, rest)| (name, Some(rest)));
            let is_labelled =
                labels.is_none_or(|rest| rest.starts_with("class=\"") && rest.ends_with("\"}"));
            if families.last() != Some(&name) || !is_labelled {
                return Err(wrong("a sample out of place"));
            }
            let value = value.parse().map_err(|_| wrong("no number"))?;
            if samples.insert(sample, value).is_some() {
                return Err(wrong("a sample once more"));
            }
        }
    }
    Ok(samples)
}
