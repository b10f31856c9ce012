//! The bins of a recording: which request sizes are told apart.
//!
//! Owns the arithmetic between a size and its bin: steps of 8 bytes to 4 KiB, where every size (rounded up
//! to 8) has a bin of its own, then 64 bins a doubling, so that a bin's sizes differ by less than a 64th.

/// Requests up to this many bytes have a bin for each 8 bytes.
pub(crate) const EXACT_BYTES: usize = 4_096;
/// Bins below [`EXACT_BYTES`].
const EXACT_BINS: usize = EXACT_BYTES / 8;
/// The power of two at which the doublings start.
const FIRST_DOUBLING: u32 = EXACT_BYTES.ilog2();
/// Bins of a doubling, as a power of two.
const DOUBLING_BITS: u32 = 6;
/// Doublings to the end of what a process can address.
const DOUBLINGS: usize = (LARGEST_BYTES.ilog2() - FIRST_DOUBLING) as usize;

/// Largest request, in bytes, that a profile tells from longer ones: 128 TiB, all that a process can address.
pub(crate) const LARGEST_BYTES: usize = 1 << 47;
/// How many bins there are.
pub(crate) const BINS: usize = EXACT_BINS + (DOUBLINGS << DOUBLING_BITS);

/// The bin of a request of `size` bytes. Zero counts as 1, what is longer than [`LARGEST_BYTES`] as that.
#[inline]
pub(crate) const fn bin_of(size: usize) -> usize {
    let last = size.saturating_sub(1);
    if last < EXACT_BYTES {
        return last >> 3;
    }
    let last = if last < LARGEST_BYTES {
        last
    } else {
        LARGEST_BYTES - 1
    };
    let exponent = last.ilog2();
    let mantissa = (last >> (exponent - DOUBLING_BITS)) & ((1 << DOUBLING_BITS) - 1);
    EXACT_BINS + (((exponent - FIRST_DOUBLING) as usize) << DOUBLING_BITS) + mantissa
}

/// Largest request of a bin, in bytes: the inverse of [`bin_of`].
pub(crate) const fn bin_limit(bin: usize) -> usize {
    if bin < EXACT_BINS {
        return (bin + 1) << 3;
    }
    let exponent = ((bin - EXACT_BINS) >> DOUBLING_BITS) as u32 + FIRST_DOUBLING;
    let mantissa = (bin - EXACT_BINS) & ((1 << DOUBLING_BITS) - 1);
    ((1 << DOUBLING_BITS) + mantissa + 1) << (exponent - DOUBLING_BITS)
}
