//! The slab's invariants, as a function that tests and the fuzzer call after every step.

use core::ptr::NonNull;

use super::{Geometry, pages, states};
use crate::arena::{Span, slab_of};

/// Panics if an invariant of the module does not hold.
///
/// # Safety
///
/// The caller holds the lock of the slab's class.
pub(crate) unsafe fn slab(span: NonNull<Span>, geometry: &Geometry) {
    // SAFETY: the caller holds the lock.
    let slab = unsafe { slab_of(span) };
    assert!(
        slab.free <= slab.carved
            && slab.carved <= slab.granted
            && slab.granted as usize <= geometry.capacity
    );
    let (mut set, carved) = (0, slab.carved as usize);
    for word in 0..geometry.capacity.div_ceil(64) {
        // SAFETY: the bitmap has this many words.
        let bits = unsafe { slab.bits.add(word) };
        // SAFETY: as above.
        let bits = unsafe { *bits };
        let below = carved.saturating_sub(word * 64).min(64) as u32;
        assert!(
            below == 64 || bits >> below == 0,
            "only carved blocks lie free"
        );
        assert!(
            bits == 0 || word >= slab.hint as usize,
            "no bit is set before the hint"
        );
        let live = |bit| states::is_live(span, word * 64 + bit, geometry);
        assert!(
            !(0..64).any(|bit| bits >> bit & 1 == 1 && live(bit)),
            "no live block lies free"
        );
        set += bits.count_ones();
    }
    assert_eq!(set, slab.free, "the count is the number of bits set");
    pages::validate(span, geometry);
}
