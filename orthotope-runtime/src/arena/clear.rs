//! Making a block zero that was just handed out, with as little writing as is known to do.
//!
//! What the ages say is zero stays untouched. A long stretch of the rest that is hardly resident is given back and
//! comes back as zero: whoever asked for much and touched little is spared writing it all. What is mostly resident
//! is written: a page that has to come back from the system costs more than clearing it does (the rows `zeroed_dense` of the
//! program `memory` in `benches/`, ours against glibc's).

use core::ops::Range;
use core::ptr::NonNull;

use super::{Age, Arena, GRANULE, Region};
use crate::sys::{RESIDENT_MOST, page_bytes};

/// Shorter stretches are written without a question.
const LONG: usize = 1 << 20;
/// Places of a stretch where the system is asked what is resident, and pages at each.
const SAMPLES: usize = 4;
const SAMPLE_PAGES: usize = RESIDENT_MOST;
/// A stretch is hardly resident if at most one page in this many is.
const SPARSE: usize = 8;

impl Arena {
    /// Makes `bytes` from `payload` on zero; `by_age`: the granules' ages say what is.
    ///
    /// # Safety
    ///
    /// The caller alone knows the block, which has so many bytes and, `by_age`, is new.
    pub(crate) unsafe fn clear(&self, payload: NonNull<u8>, bytes: usize, by_age: bool) {
        let start = payload.as_ptr().addr();
        let Some(region) = self.region_of(start) else {
            // A block that was lent.
            // SAFETY: the caller's block.
            unsafe { payload.write_bytes(0, bytes) };
            return;
        };
        let end = start + bytes;
        if !by_age {
            // SAFETY: the caller's block.
            unsafe { self.clear_stretch(region, start..end) };
            return;
        }
        let base = region.granule_start(0).as_ptr().addr();
        let mut stretch = start..start;
        for granule in region.granule_of(start)..=region.granule_of(end - 1) {
            let reached = end.min(base + (granule + 1) * GRANULE);
            if region.age(granule) == Age::LENT_CLEAN {
                // SAFETY: the caller's block.
                unsafe { self.clear_stretch(region, stretch) };
                stretch = reached..reached;
            } else {
                stretch.end = reached;
            }
        }
        // SAFETY: the caller's block.
        unsafe { self.clear_stretch(region, stretch) };
    }

    /// # Safety
    ///
    /// The stretch is of a block of this region that the caller alone knows.
    unsafe fn clear_stretch(&self, region: &Region, stretch: Range<usize>) {
        // Where memory goes back in huge pages, here too.
        let unit = if self.params.purge_unit > 1 {
            self.params.purge_unit * GRANULE
        } else {
            page_bytes()
        };
        let inner = stretch.start.next_multiple_of(unit)..stretch.end / unit * unit;
        // SAFETY: the caller's memory.
        let write = |range: Range<usize>| unsafe {
            region.pointer(range.start).write_bytes(0, range.len());
        };
        let dropped = stretch.len() >= LONG
            && inner.start < inner.end
            && self.is_sparse(region, &inner)
            && NonNull::new(region.pointer(inner.start))
                // SAFETY: the caller's memory, of which nobody needs the contents.
                .is_some_and(|start| unsafe { self.os.discard(start, inner.len()) }.is_ok());
        if dropped {
            write(stretch.start..inner.start);
            write(inner.end..stretch.end);
        } else if !stretch.is_empty() {
            write(stretch);
        }
    }

    /// Whether hardly anything of a long stretch of whole pages is resident, as far as samples tell.
    fn is_sparse(&self, region: &Region, stretch: &Range<usize>) -> bool {
        let page = page_bytes();
        let pages = (stretch.len() / page / SAMPLES).min(SAMPLE_PAGES);
        let step = stretch.len() / SAMPLES / page * page;
        let mut resident = 0;
        for sample in 0..SAMPLES {
            let start = region.pointer(stretch.start + sample * step);
            let told = NonNull::new(start)
                // SAFETY: the range lies in the stretch, which is committed.
                .and_then(|start| unsafe { self.os.resident(start, pages * page) });
            match told {
                Some(count) => resident += count,
                None => return false,
            }
        }
        resident * SPARSE <= pages * SAMPLES
    }
}
