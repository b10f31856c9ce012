//! Numbers that an attacker cannot foresee without having seen others, seeded by the system.
//!
//! Knows nothing of what they decide.

/// A sequence of numbers.
#[derive(Clone, Copy)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A number below `bound`, which is not zero: SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
    /// Generators", 2014).
    #[inline]
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        scale(mixed ^ mixed >> 31, bound)
    }

    /// The same for a small bound, at a third of the cost and easier to foresee: the upper bits of a linear congruential
    /// generator with the factor of Knuth's MMIX.
    #[inline(always)]
    pub(crate) fn below_small(&mut self, bound: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(1);
        scale(self.state, bound)
    }
}

/// The part of `bound` that `number` is of all numbers.
#[inline(always)]
fn scale(number: u64, bound: usize) -> usize {
    debug_assert!(bound > 0);
    ((u128::from(number) * bound as u128) >> u64::BITS) as usize
}
