//! Random numbers with a fixed seed, and the sizes that workloads ask for where none are given.

use std::array;

/// A fast generator (xorshift) whose sequence is fixed by its seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// A generator; equal seeds give equal sequences.
    #[must_use]
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds must not give similar sequences, and a state of zero none at all.
        Self(
            seed.wrapping_add(1)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .max(1),
        )
    }

    /// The next 64 random bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`, which must fit in 32 bits.
    #[inline]
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        debug_assert!(u32::try_from(limit).is_ok());
        // 32 bits times at most 32 bits stay in 64, and a multiplication is cheaper than a division.
        (((self.bits() >> 32) * limit as u64) >> 32) as usize
    }
}

/// How many quantiles the spread of sizes is cut into: 2 KiB of table, which stays in the first-level cache.
const QUANTILES: usize = 1024;

/// What sizes a workload of small blocks asks for.
#[derive(Clone, Debug)]
pub(crate) struct Sizes([u16; QUANTILES]);

impl Sizes {
    /// Spread evenly in the logarithm from 8 B to 1 KiB.
    #[must_use]
    pub(crate) fn spread() -> Self {
        Self(array::from_fn(|index| quantile(index, 8.0, 1_024.0) as u16))
    }

    /// One size only.
    #[must_use]
    pub(crate) fn only(size: u16) -> Self {
        Self([size; QUANTILES])
    }

    /// A size at random.
    #[inline]
    #[must_use]
    pub(crate) fn pick(&self, random: &mut Random) -> usize {
        let index = (random.bits() >> 40) as usize % QUANTILES;
        self.0.get(index).copied().map_or(8, usize::from)
    }

    /// The mean size, in bytes.
    #[must_use]
    pub(crate) fn mean(&self) -> usize {
        self.0.iter().copied().map(usize::from).sum::<usize>() / self.0.len()
    }
}

/// The quantile at `index` of sizes spread evenly in the logarithm.
fn quantile(index: usize, least: f64, most: f64) -> f64 {
    let share = (index as f64 + 0.5) / QUANTILES as f64;
    (least * (most / least).powf(share)).round()
}

/// Sizes spread evenly in the logarithm over any range.
#[derive(Clone, Debug)]
pub(crate) struct Spread(Vec<u32>);

impl Spread {
    /// From `least` to `most` bytes.
    #[must_use]
    pub(crate) fn new(least: u32, most: u32) -> Self {
        let size = |index| quantile(index, f64::from(least), f64::from(most)) as u32;
        Self((0..QUANTILES).map(size).collect())
    }

    /// A size at random.
    #[inline]
    #[must_use]
    pub(crate) fn pick(&self, random: &mut Random) -> usize {
        let index = random.below(self.0.len());
        self.0.get(index).map_or(1, |size| *size as usize)
    }

    /// The mean size, in bytes.
    #[must_use]
    pub(crate) fn mean(&self) -> usize {
        self.0.iter().map(|size| *size as usize).sum::<usize>() / self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, Sizes, Spread};

    #[test]
    fn a_seed_fixes_the_sequence() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            [random.bits(), random.bits(), random.bits()]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn numbers_stay_below_their_limit_and_reach_it() {
        let mut random = Random::new(1);
        let drawn: Vec<usize> = (0..1_000).map(|_| random.below(10)).collect();
        assert_eq!(drawn.iter().max(), Some(&9));
        assert_eq!(drawn.iter().min(), Some(&0));
    }

    #[test]
    fn sizes_are_even_in_the_logarithm() {
        let sizes = Sizes::spread();
        let mut random = Random::new(3);
        let drawn: Vec<usize> = (0..70_000).map(|_| sizes.pick(&mut random)).collect();
        for doubling in 3..10 {
            let range = (1 << doubling)..(2 << doubling);
            let share = drawn.iter().filter(|size| range.contains(*size)).count();
            assert!((9_000..11_000).contains(&share), "{share} in {range:?}");
        }
        assert!(drawn.iter().all(|size| (8..=1024).contains(size)));
        assert!((200..215).contains(&sizes.mean()));
    }

    #[test]
    fn a_spread_is_even_in_the_logarithm_too() {
        let spread = Spread::new(16, 65_536);
        let mut random = Random::new(3);
        let drawn: Vec<usize> = (0..120_000).map(|_| spread.pick(&mut random)).collect();
        for doubling in 4..16 {
            let range = (1 << doubling)..(2 << doubling);
            let share = drawn.iter().filter(|size| range.contains(*size)).count();
            assert!((9_000..11_000).contains(&share), "{share} in {range:?}");
        }
        assert!(drawn.iter().all(|size| (16..=65_536).contains(size)));
        assert!((7_800..7_950).contains(&spread.mean()), "{}", spread.mean());
    }
}
