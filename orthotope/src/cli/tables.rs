//! What each allocator's class table makes of the same requests.
//!
//! Owns the rules by which mimalloc and jemalloc round a request up, as they publish them: mimalloc 3 in its
//! `mi_good_size`, jemalloc in the table of its manual page. Both are without headers. Their own bookkeeping, slab tails and
//! thread caches are not modelled: the figures are the least that they take.

use orthotope_runtime::profile::Profile;
use orthotope_runtime::{Config, tune, tuner};

use crate::numbers::percent;

/// Bytes taken at a profile's peak under one table.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    /// The table; of a rule without an end, up to the largest size recorded.
    pub(crate) classes: Vec<usize>,
    pub(crate) requested: u128,
    pub(crate) rounding: u128,
    /// Where the table is ours.
    pub(crate) ours: Option<Ours>,
}

/// What is known of our own tables beside rounding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ours {
    pub(crate) headers: u128,
    pub(crate) tails: u128,
    pub(crate) magazines: u128,
}

impl Line {
    /// All bytes that are known to be taken.
    pub(crate) fn taken(&self) -> u128 {
        let beside = self
            .ours
            .map_or(0, |ours| ours.headers + ours.tails + ours.magazines);
        self.requested + self.rounding + beside
    }

    /// Rounding, headers, slab tails and magazines, as shares of the bytes asked for; `unknown` for what is not known.
    pub(crate) fn shares(&self, unknown: &str) -> [String; 4] {
        let [headers, tails, magazines] = match self.ours {
            Some(ours) => [ours.headers, ours.tails, ours.magazines].map(Some),
            None => [None; 3],
        };
        [Some(self.rounding), headers, tails, magazines].map(|part| {
            part.map_or_else(|| unknown.to_owned(), |part| percent(part, self.requested))
        })
    }
}

/// The presets, the rivals, and the tuned table last.
pub(crate) fn lines(profile: &Profile, config: &Config, tuned: &[usize]) -> Vec<Line> {
    let preset = |name, config: Config| {
        let classes = tune::fit_classes(config.classes, config.align, config.arena / 2);
        ours(name, profile, &config, classes)
    };
    vec![
        preset("default", Config::tensor()),
        preset("general", Config::general()),
        rival("mimalloc", profile, mimalloc, MIMALLOC_LARGEST),
        rival("jemalloc", profile, jemalloc, usize::MAX),
        ours("tuned", profile, config, tuned.to_vec()),
    ]
}

fn ours(name: &'static str, profile: &Profile, config: &Config, classes: Vec<usize>) -> Line {
    let waste = tuner::waste(profile, config, &classes);
    Line {
        name,
        classes,
        requested: waste.requested,
        rounding: waste.rounding,
        ours: Some(Ours {
            headers: waste.headers,
            tails: waste.tails,
            magazines: waste.magazines,
        }),
    }
}

/// A line of a rule that has classes up to `last`.
fn rival(name: &'static str, profile: &Profile, round: fn(usize) -> usize, last: usize) -> Line {
    let (mut requested, mut rounding) = (0, 0);
    for bin in &profile.bins {
        let bytes = u128::from(bin.peak_bytes);
        requested += bytes;
        rounding += (round(bin.size) as u128 * u128::from(bin.peak)).saturating_sub(bytes);
    }
    let largest = profile.bins.last().map_or(0, |bin| bin.size).min(last);
    Line {
        name,
        classes: classes(round, largest),
        requested,
        rounding,
        ours: None,
    }
}

/// Every class of a rule up to the one that serves `most` bytes.
fn classes(round: fn(usize) -> usize, most: usize) -> Vec<usize> {
    let mut classes = Vec::new();
    let mut size = 1;
    while size <= most {
        classes.push(round(size));
        size = round(size) + 1;
    }
    classes
}

/// mimalloc's largest class; what is longer takes whole pages.
const MIMALLOC_LARGEST: usize = 512 << 10;

/// 4 steps between a power of two and the next, none below 16 bytes but 8; the smallest that holds the request.
fn four_a_doubling(size: usize) -> usize {
    match size {
        0..=8 => 8,
        9..=128 => size.next_multiple_of(16),
        _ => size.next_multiple_of(1 << ((size - 1).ilog2() - 2)),
    }
}

/// mimalloc: even numbers of words to 64 bytes, then 4 steps a doubling to 512 KiB, whole pages above.
fn mimalloc(size: usize) -> usize {
    if size <= MIMALLOC_LARGEST {
        four_a_doubling(size)
    } else {
        size.next_multiple_of(4 << 10)
    }
}

/// jemalloc: 8, multiples of 16 to 128, then 4 steps a doubling without an end.
fn jemalloc(size: usize) -> usize {
    four_a_doubling(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jemallocs_table_is_that_of_its_manual() {
        let kib = |sizes: &[usize]| sizes.iter().map(|size| size << 10).collect::<Vec<_>>();
        let mut table = vec![
            8, 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768,
            896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096,
        ];
        table.extend(kib(&[
            5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192,
            224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072,
            3584, 4096, 5120, 6144, 7168, 8192,
        ]));
        assert_eq!(classes(jemalloc, 8 << 20), table);
    }

    #[test]
    fn mimallocs_table_is_that_of_its_queues() {
        // In words of 8 bytes, as its source lists them; odd ones above 1 are never used.
        let words = [
            1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160,
            192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560,
            3072, 3584, 4096, 5120, 6144, 7168, 8192, 10240, 12288, 14336, 16384, 20480, 24576,
            28672, 32768, 40960, 49152, 57344, 65536,
        ];
        assert_eq!(classes(mimalloc, 512 << 10), words.map(|words| 8 * words));
        assert_eq!(mimalloc((512 << 10) + 1), (512 << 10) + 4_096);
    }
}
