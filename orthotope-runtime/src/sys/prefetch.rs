//! A hint to the processor: memory that is read soon.

/// Fetches the cache line at `place`, which may be any address: a hint faults nowhere and reads nothing. Does nothing where
/// stable Rust has no word for it.
#[inline(always)]
pub(crate) fn prefetch(place: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every processor of this kind has the instruction, and it takes any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}
