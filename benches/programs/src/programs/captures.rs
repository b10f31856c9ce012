//! `regex`: capture groups of a log's lines, each collected as owned strings and dropped before the next.

use std::fmt::Write as _;

use regex::Regex;

use crate::digest::Digest;
use crate::random::Random;

const LINES: usize = 20_000;
const LINE: &str = r#"(?x)
    ^(?<host>[a-z0-9.]+)\ \[(?<day>\d\d)/(?<month>\w+)/(?<year>\d{4})\]
    \ "(?<method>GET|POST)\ (?<path>[^\s?]+)(?:\?(?<query>\S+))?"
    \ (?<status>\d{3})\ (?<bytes>\d+|-)$"#;

/// Reads the log line by line.
pub(super) fn run(passes: u32) -> u64 {
    let log = log();
    let pattern = Regex::new(LINE).expect("the pattern is well-formed");
    let mut digest = Digest::new();
    for _ in 0..passes {
        for line in log.lines() {
            let captures = pattern.captures(line).expect("every line has the form");
            let groups: Vec<Option<String>> = captures
                .iter()
                .skip(1)
                .map(|group| group.map(|found| found.as_str().to_owned()))
                .collect();
            for group in &groups {
                digest.bytes(group.as_deref().unwrap_or("none").as_bytes());
            }
        }
    }
    digest.finish()
}

fn log() -> String {
    let mut random = Random::new(0x_0410);
    let mut log = String::new();
    for _ in 0..LINES {
        let host = random.pick(&[
            "a.example",
            "cache7.example",
            "10.20.30.40",
            "frontend.eu.example",
        ]);
        let (day, year) = (1 + random.below(28), 2020 + random.below(6));
        let month = random.pick(&["Jan", "Apr", "Aug", "Dec"]);
        let method = random.pick(&["GET", "POST"]);
        let (path, number) = (
            random.pick(&["/", "/items", "/api/v2/orders"]),
            random.below(100_000),
        );
        let query = random.pick(&["", "?q=slab", "?page=2&sort=size", "?x"]);
        let (status, bytes) = (
            random.pick(&[200, 204, 301, 404, 500]),
            random.below(1 << 20),
        );
        writeln!(
            log,
            "{host} [{day:02}/{month}/{year}] \"{method} {path}/{number}{query}\" {status} {bytes}"
        )
        .expect("a string grows");
    }
    log
}
