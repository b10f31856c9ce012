//! The tuner: from what a program asked for to the class table that wastes least at its peak.
//!
//! Owns what a table costs ([`waste`]) and the choice of one ([`tune`]). Pure: numbers in, numbers out, so that the
//! attribute, which runs inside the compiler, and the command line give the same answer to the same question. Knows
//! nothing of memory.
//!
//! What counts as lost is what a block takes beyond its request rounded up to 8 bytes: rounding to its class, its
//! header, its share of what slabs of its class leave over at their ends, and what threads keep of its class.
//!
//! Read on in this order: here, `search`, `cost`, `spare`.

pub(crate) mod cost;
pub(crate) mod search;
mod spare;

pub use cost::{ClassWaste, Waste, waste};

use crate::class::MAX_CLASSES;
use crate::config::Config;
use crate::profile::Profile;
use search::{Candidate, Tables};

/// Most classes that are tried where their number is not given.
pub(crate) const CLASSES_TRIED: usize = 64;

/// A table may waste so many hundredths of what was asked for more than the best one, if it has fewer classes.
const TOLERATED_PERCENT: i128 = 1;

/// The class table for a program that allocates as `profile` says, under an allocator that is otherwise set as `config`.
///
/// With a `count`, at most so many classes (1 to 255, what is outside counts as the nearest); without one, the fewest whose
/// waste is within a hundredth of the bytes asked for of the best table with 64. Sizes that nobody recorded get classes
/// too, where there is room: at least half of `count` goes to the sizes of the profile, the rest, if it is needed, to steps
/// of a doubling between and above them, which cost nothing while they are not used.
///
/// Sizes beyond the largest of `config.classes`, or half of its arena, or that it would serve as large blocks anyway,
/// get no class. The result is strictly ascending, multiples of `config.align`, and never empty.
///
/// ```
/// use orthotope_runtime::profile::Profile;
/// use orthotope_runtime::{Config, tuner};
///
/// let profile = r#"{"orthotope_profile": 1, "bins": [{"size": 1000, "peak": 500}, {"size": 5000, "peak": 20}]}"#;
/// let classes = tuner::tune(&Profile::parse(profile).unwrap(), &Config::general(), None);
/// assert!(classes.contains(&1000) && classes.contains(&5000));
/// ```
#[must_use]
pub fn tune(profile: &Profile, config: &Config, count: Option<usize>) -> Vec<usize> {
    let sizes = cost::sizes(profile, config);
    let tables = search(&sizes, count.unwrap_or(CLASSES_TRIED));
    let most = count.unwrap_or(MAX_CLASSES).clamp(1, MAX_CLASSES);
    let wanted = match count {
        Some(_) => tables.best().0.min(most),
        None => {
            let asked: i128 = sizes.iter().map(|size| size.candidate.useful).sum();
            let (_, least) = tables.best();
            tables.fewest(least + asked * TOLERATED_PERCENT / 100)
        }
    };
    let table = |classes: usize| -> Vec<usize> {
        let mut table: Vec<usize> = tables
            .table(classes)
            .into_iter()
            .map(|index| sizes[index].payload)
            .collect();
        // A payload of lower price may stand for several sizes.
        table.dedup();
        table
    };
    spare::complete(table, wanted, most, config)
}

fn search(sizes: &[cost::Size], most: usize) -> Tables {
    let candidates: Vec<Candidate> = sizes.iter().map(|size| size.candidate).collect();
    search::search(&candidates, most.clamp(1, MAX_CLASSES))
}
