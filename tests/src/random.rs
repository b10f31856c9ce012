//! Numbers that look random and are the same in every run.
//!
//! Owns the generator behind every generated input: SplitMix64 from a fixed seed. Nothing here reads a
//! clock, an address or the environment, so that two processes under different allocators see one input.

/// A SplitMix64 generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number of the sequence.
    pub const fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not zero. The bias is below one in 2³² for every `end` used here.
    pub const fn below(&mut self, end: usize) -> usize {
        (self.word() % end as u64) as usize
    }

    /// A size between 1 and `most`, each doubling as likely as the next: small sizes are frequent and
    /// large ones occur.
    pub const fn size(&mut self, most: usize) -> usize {
        let doublings = most.ilog2() as usize + 1;
        let top = 1_usize << self.below(doublings);
        let size = top + self.below(top);
        if size > most { most } else { size }
    }
}
