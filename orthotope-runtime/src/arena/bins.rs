//! Free spans by size: best fit in a few steps.
//!
//! A bin a granule count up to [`EXACT`], then eight bins a doubling; a bitmap says which hold
//! anything. Best fit is exact: within a bin of several sizes the smallest that fits is searched.
//!
//! Invariants, checked by `Bins::validate`: a span is in at most one `Bins`, in bin `bin_of(granules)`; a bin's bit is
//! set exactly while its list is not empty; neighbours in a list agree.

use core::ptr::{self, NonNull};

use super::span::{Span, place};

/// Granule counts below this have a bin each.
const EXACT: usize = 32;
/// Bins of a doubling, as a power of two.
const PER_DOUBLING_BITS: u32 = 3;
const BINS: usize = 256;

/// The free, or the pooled, spans of an arena, under its lock.
pub(super) struct Bins {
    heads: [*mut Span; BINS],
    /// Bit `bin` is set exactly if `heads[bin]` is not null.
    filled: [u64; BINS / 64],
    /// Spans held: `count == Σ 1` over all bins' lists.
    pub(super) count: usize,
    /// `granules == Σ span.granules`.
    pub(super) granules: usize,
    /// `charge == Σ span.charge`, bytes.
    pub(super) charge: usize,
}

impl Bins {
    pub(super) const fn new() -> Self {
        Self {
            heads: [ptr::null_mut(); BINS],
            filled: [0; BINS / 64],
            count: 0,
            granules: 0,
            charge: 0,
        }
    }

    /// Adds a span.
    ///
    /// # Safety
    ///
    /// The caller holds the arena's lock; `span` is in no `Bins`.
    pub(super) unsafe fn insert(&mut self, span: NonNull<Span>) {
        // SAFETY: records are type-stable.
        let granules = unsafe { span.as_ref() }.granules();
        let bin = bin_of(granules);
        let head = self.heads[bin];
        // SAFETY: the caller holds the lock.
        let this = unsafe { place(span) };
        this.prev = ptr::null_mut();
        this.next = head;
        self.count += 1;
        self.granules += granules;
        // SAFETY: records are type-stable.
        self.charge += unsafe { span.as_ref() }.charge();
        if let Some(head) = NonNull::new(head) {
            // SAFETY: the caller holds the lock; `head` is another span.
            unsafe { place(head) }.prev = span.as_ptr();
        }
        self.heads[bin] = span.as_ptr();
        self.filled[bin / 64] |= 1 << (bin % 64);
    }

    /// Takes a span out.
    ///
    /// # Safety
    ///
    /// The caller holds the arena's lock; `span` is in this `Bins`, its size as when it came.
    pub(super) unsafe fn remove(&mut self, span: NonNull<Span>) {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let bin = bin_of(record.granules());
        let (next, prev) = {
            // SAFETY: the caller holds the lock.
            let this = unsafe { place(span) };
            (this.next, this.prev)
        };
        self.count -= 1;
        self.granules -= record.granules();
        self.charge -= record.charge();
        if let Some(next) = NonNull::new(next) {
            // SAFETY: the caller holds the lock; list neighbours differ.
            unsafe { place(next) }.prev = prev;
        }
        if let Some(prev) = NonNull::new(prev) {
            // SAFETY: the caller holds the lock; list neighbours differ.
            unsafe { place(prev) }.next = next;
        } else {
            self.heads[bin] = next;
            if next.is_null() {
                self.filled[bin / 64] &= !(1 << (bin % 64));
            }
        }
    }

    /// The smallest span of at least `granules` granules and a charge of at least `charge`, and of those the
    /// one charged least. The latest to come wins a tie.
    pub(super) fn best_fit(&self, granules: usize, charge: usize) -> Option<NonNull<Span>> {
        let mut bin = self.filled_from(bin_of(granules))?;
        loop {
            if let Some(span) = self.best_in(bin, granules, charge) {
                return Some(span);
            }
            bin = self.filled_from(bin + 1)?;
        }
    }

    /// Takes out every span that is as asked for. Returns the first; they are linked by `next`.
    ///
    /// # Safety
    ///
    /// The caller holds the arena's lock.
    pub(super) unsafe fn take_out(&mut self, wanted: impl Fn(NonNull<Span>) -> bool) -> *mut Span {
        let mut taken = ptr::null_mut();
        for bin in 0..BINS {
            let mut next = self.heads[bin];
            while let Some(span) = NonNull::new(next) {
                // SAFETY: the caller holds the lock.
                next = unsafe { place(span) }.next;
                if wanted(span) {
                    // SAFETY: as above, and the span is here.
                    unsafe { self.remove(span) };
                    // SAFETY: as above.
                    unsafe { place(span) }.next = taken;
                    taken = span.as_ptr();
                }
            }
        }
        taken
    }

    /// Any span.
    pub(super) fn any(&self) -> Option<NonNull<Span>> {
        NonNull::new(self.heads[self.filled_from(0)?])
    }

    fn best_in(&self, bin: usize, granules: usize, least_charge: usize) -> Option<NonNull<Span>> {
        let mut best: Option<(usize, usize, NonNull<Span>)> = None;
        let mut next = self.heads[bin];
        while let Some(span) = NonNull::new(next) {
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            let (size, charge) = (record.granules(), record.charge());
            // SAFETY: `&self` is reached under the arena's lock.
            let following = unsafe { place(span) }.next;
            if size >= granules
                && charge >= least_charge
                && best.is_none_or(|(s, c, _)| (size, charge) < (s, c))
            {
                if bin < EXACT && charge == 0 {
                    return Some(span);
                }
                best = Some((size, charge, span));
            }
            next = following;
        }
        best.map(|(.., span)| span)
    }

    fn filled_from(&self, bin: usize) -> Option<usize> {
        let mut word = bin / 64;
        let mut bits = self.filled.get(word)? & (u64::MAX << (bin % 64));
        loop {
            if bits != 0 {
                return Some(word * 64 + bits.trailing_zeros() as usize);
            }
            word += 1;
            bits = *self.filled.get(word)?;
        }
    }
}

fn bin_of(granules: usize) -> usize {
    if granules < EXACT {
        return granules;
    }
    let exponent = granules.ilog2();
    let mantissa = (granules >> (exponent - PER_DOUBLING_BITS)) & ((1 << PER_DOUBLING_BITS) - 1);
    let doubling = (exponent - EXACT.ilog2()) as usize;
    (EXACT + (doubling << PER_DOUBLING_BITS) + mantissa).min(BINS - 1)
}

#[cfg(any(test, fuzzing))]
impl Bins {
    /// Panics if an invariant of the module does not hold, or a span is not of `kind`. The arena's lock is held.
    pub(super) fn validate(&self, kind: super::Kind) {
        let (mut count, mut granules, mut charge) = (0, 0, 0);
        for (bin, &head) in self.heads.iter().enumerate() {
            let filled = self.filled[bin / 64] >> (bin % 64) & 1 == 1;
            assert_eq!(filled, !head.is_null(), "filled says which bins hold any");
            let (mut next, mut prev) = (head, ptr::null_mut());
            while let Some(span) = NonNull::new(next) {
                // SAFETY: records are type-stable.
                let record = unsafe { span.as_ref() };
                assert_eq!(record.kind(), kind, "bins hold spans of their kind");
                assert_eq!(bin_of(record.granules()), bin, "a span is in its bin");
                // SAFETY: the caller holds the lock.
                let this = unsafe { place(span) };
                assert_eq!(this.prev, prev, "neighbours agree");
                (count, granules) = (count + 1, granules + record.granules());
                charge += record.charge();
                (prev, next) = (next, this.next);
            }
        }
        assert_eq!((self.count, self.granules), (count, granules));
        assert_eq!(self.charge, charge, "the charge is the spans'");
    }
}
