//! A thread's countdown to its next sample.
//!
//! All zero until the thread's first request, which is due then, and draws the first distance.

use core::cell::Cell;

use super::Heap;
use crate::sys::entropy;

/// Bytes after which a thread looks again whether samples are wanted.
const LOOK_AGAIN: isize = 64 << 20;

/// A thread's share of the sampling, all zero at first.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Sampler {
    /// Bytes until the next sample; below zero it is due.
    left: Cell<isize>,
    /// What random numbers are made of; 0 until the first.
    state: Cell<u64>,
    /// Whether the thread is taking a sample. A word, so that there is no padding.
    inside: Cell<usize>,
}

impl Sampler {
    pub(crate) const fn new() -> Self {
        Self {
            left: Cell::new(0),
            state: Cell::new(0),
            inside: Cell::new(0),
        }
    }

    /// Counts a request; whether a sample is due.
    #[inline(always)]
    pub(crate) fn count(&self, size: usize) -> bool {
        self.left.set(self.left.get().wrapping_sub_unsigned(size));
        self.is_due()
    }

    /// Whether the last request that was counted is due.
    #[inline(always)]
    pub(crate) fn is_due(&self) -> bool {
        self.left.get() < 0
    }

    /// Draws the next distance. The interval if the request that was due is to be a sample.
    /// Whoever draws for the first time calls `start` before.
    pub(crate) fn pick(&self, heap: &Heap, size: usize, start: impl FnOnce()) -> Option<usize> {
        if self.inside.get() != 0 {
            return None;
        }
        if self.state.get() == 0 {
            self.inside(start);
        }
        let Some(interval) = heap.interval() else {
            // Where samples are wanted again, the distance is drawn anew.
            self.state.set(0);
            self.left.set(LOOK_AGAIN);
            return None;
        };
        if self.state.get() == 0 {
            self.state.set(entropy() | 1);
            self.left
                .set(self.draw(interval).saturating_sub_unsigned(size));
            if !self.is_due() {
                return None;
            }
        }
        self.left.set(self.draw(interval));
        Some(interval)
    }

    /// Calls `visit`, during which the thread takes no sample, and comes no nearer to one.
    pub(crate) fn inside<R>(&self, visit: impl FnOnce() -> R) -> R {
        self.inside.set(1);
        let _back = Outside {
            sampler: self,
            left: self.left.get(),
        };
        visit()
    }

    /// A distance: exponential, `interval` on average.
    fn draw(&self, interval: usize) -> isize {
        let mut state = self.state.get();
        // Marsaglia, "Xorshift RNGs", 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.state.set(state);
        // In (0, 1]: its logarithm is finite.
        let uniform = ((state >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        // A cast to an integer ends at the integer's end.
        (-uniform.ln() * interval as f64) as isize
    }
}

/// Puts a countdown back to where it was; a panic may pass, too.
struct Outside<'a> {
    sampler: &'a Sampler,
    left: isize,
}

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        self.sampler.left.set(self.left);
        self.sampler.inside.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Heap, Sampler};

    #[test]
    fn distances_are_exponential() {
        static HEAP: Heap = Heap::new();
        let heap = &HEAP;
        heap.set_interval(10_000);
        let sampler = Sampler::new();
        let (mut picked, mut asked) = (0, 0_u32);
        while picked < 20_000 {
            asked += 1;
            if sampler.count(5_000) && sampler.pick(heap, 5_000, || ()) == Some(10_000) {
                picked += 1;
            }
        }
        let share = f64::from(picked) / f64::from(asked);
        let expected = 1.0 - (-0.5_f64).exp();
        assert!(
            (share - expected).abs() < 0.01,
            "{share} of the requests were picked, not {expected}"
        );
    }

    #[test]
    fn nothing_is_picked_inside_or_when_off() {
        static HEAP: Heap = Heap::new();
        let heap = &HEAP;
        heap.set_interval(1);
        let sampler = Sampler::new();
        sampler.inside(|| {
            assert!(sampler.count(1 << 20));
            assert_eq!(sampler.pick(heap, 1 << 20, || ()), None);
        });
        assert!(
            !sampler.is_due(),
            "what was asked for inside is not counted"
        );
        assert!(sampler.count(1 << 20));
        assert_eq!(sampler.pick(heap, 1 << 20, || ()), Some(1));
        heap.set_interval(0);
        assert!(sampler.count(1 << 20));
        assert_eq!(sampler.pick(heap, 1 << 20, || ()), None);
        assert!(!sampler.count(1 << 20));
    }
}
