//! How many blocks of a class move at once and stay cached, from the bytes that may.

/// Most blocks of a class that a thread keeps where its cache [grows](super::Config::grows) with use; a full stack moves half
/// of them to the depot. With the stack's entry zero and one block on its way, 64 words.
const MAGAZINE_BLOCKS: usize = 62;

/// Blocks of a class that a thread gets first where caches grow with use: most threads need few of most classes.
const FIRST_BLOCKS: usize = 4;

/// Block counts of one class, derived from byte targets.
///
/// Invariants: `1 <= first <= refill` and `flush >= 1`. Where caches keep their limits from the start, `keep >= 2`;
/// where they [grow](super::Config::grows), `refill <= flush`, and `keep` is 0 if a block takes more than half of the
/// thread's limit.
///
/// ```
/// use orthotope_runtime::ClassLimits;
///
/// let limits = ClassLimits::from_targets(128, 32 << 10, 64 << 10);
/// assert_eq!(limits, ClassLimits { first: 256, refill: 256, keep: 512, flush: 128 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassLimits {
    /// Blocks that a cache's first refill asks for; each further one asks for twice as many, up to `refill`.
    pub first: usize,
    /// Blocks that one refill asks for, if there is room for them.
    pub refill: usize,
    /// Blocks that a cache keeps after a free; where it grows, at most.
    pub keep: usize,
    /// Blocks that go to the central pool at once.
    pub flush: usize,
}

impl ClassLimits {
    /// Counts for blocks of `stride` bytes, where a refill moves `refill` and a cache keeps `cache` bytes.
    ///
    /// # Panics
    ///
    /// If `stride` is 0.
    #[must_use]
    pub const fn from_targets(stride: usize, refill: usize, cache: usize) -> Self {
        let refill = at_least(refill / stride, 1);
        Self {
            first: refill,
            refill,
            keep: at_least(cache / stride, 2),
            flush: at_least(refill / 2, 1),
        }
    }

    /// The same for a stack of at most `keep` blocks and a magazine's: half of one is refilled and flushed at a
    /// time, and caches start small.
    pub(super) const fn growing(self, keep: usize) -> Self {
        let keep = at_most(keep, MAGAZINE_BLOCKS);
        let refill = at_most(self.refill, at_least(keep / 2, 1));
        Self {
            first: at_most(refill, FIRST_BLOCKS),
            refill,
            keep,
            flush: at_least(keep / 2, 1),
        }
    }
}

pub(super) const fn at_least(value: usize, least: usize) -> usize {
    if value < least { least } else { value }
}

pub(super) const fn at_most(value: usize, most: usize) -> usize {
    if value > most { most } else { value }
}
