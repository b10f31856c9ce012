//! Numbers that an attacker cannot foresee without having seen others: SplitMix64 (Steele, Lea and Flood, "Fast
//! Splittable Pseudorandom Number Generators", 2014), seeded by the system.
//!
//! Knows nothing of what they decide.

/// A sequence of numbers.
#[derive(Clone, Copy)]
pub(crate) struct Random {
    state: u64,
    /// What is left of a number that is used up by and by, above it a bit that is set.
    rest: u64,
}

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self {
            state: seed,
            rest: 1,
        }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below 16: fifteen of them cost as much as one of another kind.
    #[inline]
    pub(crate) fn below_16(&mut self) -> usize {
        if self.rest == 1 {
            self.rest = self.next() >> 4 | 1 << 60;
        }
        let number = self.rest % 16;
        self.rest >>= 4;
        number as usize
    }

    /// A number below `bound`, which is not zero.
    #[inline]
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        debug_assert!(bound > 0);
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}
