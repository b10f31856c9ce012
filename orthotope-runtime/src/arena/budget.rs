//! The byte budget of an arena: what may be handed out, what is, and the most that ever was.
//!
//! Invariant, checked by `Budget::validate`: `charged <= peak <= capacity`.

#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) capacity: usize,
    /// The sum of the spans' charges.
    charged: usize,
    /// The most that `charged` ever was.
    peak: usize,
}

impl Budget {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            charged: 0,
            peak: 0,
        }
    }

    /// Bytes that may still be charged.
    pub(super) fn left(&self) -> usize {
        self.capacity - self.charged
    }

    /// Bytes of the capacity that were never charged.
    pub(super) fn untouched(&self) -> usize {
        self.capacity - self.peak
    }

    /// Charges `bytes`, at most [`left`](Self::left).
    pub(super) fn charge(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.left());
        self.charged += bytes;
        self.peak = self.peak.max(self.charged);
    }

    /// Takes a charge back.
    pub(super) fn release(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.charged);
        self.charged -= bytes;
    }
}

#[cfg(any(test, fuzzing))]
impl Budget {
    /// Panics unless the invariant holds, and so many bytes are charged.
    pub(super) fn validate(&self, charged: usize) {
        assert_eq!(self.charged, charged, "the charge is the spans'");
        assert!(self.charged <= self.peak, "{self:?}");
        assert!(self.peak <= self.capacity, "{self:?}");
    }
}
