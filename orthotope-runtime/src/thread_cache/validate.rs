//! The invariants of a cache, as a function that tests and the fuzzer call after every step.

use core::ptr::NonNull;

use super::cold::{Cold, hot_bin};
use crate::central::Central;
use crate::sync::Ordering;

impl Cold {
    /// Blocks that the stack of `class` may hold.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    #[cfg(test)]
    pub(crate) unsafe fn allowance(cold: NonNull<Self>, class: usize) -> usize {
        // SAFETY: the caller is the owner.
        unsafe { Self::bin(cold, class) }.allowance.get()
    }

    /// Panics if an invariant of the module does not hold.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    pub(crate) unsafe fn validate(cold: NonNull<Self>, centrals: &[Central]) {
        // SAFETY: the caller is the owner.
        let shared = unsafe { Self::allowances(cold) };
        let mut held = 0;
        for (class, central) in centrals.iter().enumerate() {
            // SAFETY: the caller is the owner.
            let this = unsafe { Self::bin(cold, class) };
            let allowance = this.allowance.get();
            held += allowance * central.geometry().stride;
            assert!(allowance <= this.limits.keep, "no class exceeds its limits");
            if shared.grow() {
                assert!(this.staged.get().is_none(), "nothing is held beyond stacks");
            } else {
                assert_eq!(allowance, this.limits.keep, "limits hold from the start");
            }
            let staged = this.staged_count.load(Ordering::Relaxed);
            assert!(staged < central.magazine(), "a staged magazine is not full");
            if let Some(magazine) = this.staged.get() {
                // SAFETY: the magazine is ours.
                let count = unsafe { magazine.as_ref() }.count;
                assert_eq!(count, staged, "the count is the magazine's");
            }
            if let Some(spare) = this.spare.get() {
                // SAFETY: the magazine is ours.
                let count = unsafe { spare.as_ref() }.count;
                assert_eq!(count, 0, "a spare magazine is empty");
            }
            let base = this.base.load(Ordering::Relaxed);
            if base.is_null() {
                continue;
            }
            let room = this.limits.refill.max(this.limits.keep + 1);
            assert!(this.capacity.get() >= room.max(central.magazine()));
            // SAFETY: the owner's bins.
            let hot = unsafe { hot_bin(cold, class) };
            assert_eq!(hot.limit.get(), base.wrapping_add(allowance));
            if shared.grow() {
                assert!(this.len(hot) <= allowance, "no stack exceeds its allowance");
            }
            assert!(this.len(hot) <= this.capacity.get());
            for index in 0..=this.len(hot) {
                // SAFETY: entries up to the top are initialised.
                let entry = unsafe { *base.add(index) };
                assert_eq!(entry.is_null(), index == 0, "entry zero alone is null");
            }
            // SAFETY: as above.
            let stack = unsafe { core::slice::from_raw_parts(base, this.len(hot) + 1) };
            let mut blocks = stack.to_vec();
            blocks.sort_unstable();
            let once = blocks.windows(2).all(|two| two[0] != two[1]);
            assert!(once, "no block is in a stack twice");
        }
        if let Some(limit) = shared.limit {
            assert_eq!(
                held,
                shared.held.get(),
                "`held` is the sum over the classes"
            );
            assert!(held <= limit, "the cache stays within its limit");
        }
    }
}
