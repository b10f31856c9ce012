//! Live blocks, as a snapshot counts them.

use orthotope::Stats;

/// Blocks in the program's hands, of every class and large.
#[must_use]
pub fn all(stats: &Stats) -> usize {
    stats.large_live + stats.classes.iter().map(|class| class.live).sum::<usize>()
}

/// Blocks in the program's hands of the class that serves `size` bytes; 0 if none does.
#[must_use]
pub fn of_class(stats: &Stats, size: usize) -> usize {
    let mut classes = stats.classes.iter();
    classes
        .find(|class| class.payload >= size)
        .map_or(0, |class| class.live)
}
