//! Large blocks between guard pages, poisoned while they are free.
//!
//! The payload ends at the guard behind it, or as close before it as its alignment allows. A block is claimed before
//! anything of it is read: its header may lie where another's guard was or will be.

use core::ptr::NonNull;

use super::{Contents, Footprint, LargeBlock, LargeFormat};
use crate::arena::{Arena, GRANULE, Lane, Span};
use crate::block::Header;
use crate::error::FreeError;
use crate::poison::{self, Faded};

impl LargeFormat {
    /// What a request of `size` bytes, aligned to `align`, takes; `None` where no address space could hold it.
    pub(crate) fn footprint_guarded(&self, size: usize, align: usize) -> Option<Footprint> {
        let charge = size
            .checked_add(self.header_bytes())?
            .checked_next_multiple_of(self.align)?;
        let align = align.max(self.align);
        let bytes = size
            .checked_add(2 * self.guard + self.header_bytes() + align - 1)?
            .checked_next_multiple_of(GRANULE)?;
        (bytes <= isize::MAX as usize).then_some(Footprint {
            granules: bytes / GRANULE,
            charge,
            align,
        })
    }

    /// Where in its span the payload of a block of `size` bytes starts: as late as can be.
    fn offset_guarded(&self, record: &Span, size: usize, align: usize) -> usize {
        let latest = record.start() + record.bytes() - self.guard - size;
        latest / align * align - record.start()
    }

    /// Bytes that the holder of a block may use.
    pub(crate) fn usable_guarded(&self, record: &Span) -> usize {
        self.usable(record) - self.guard
    }

    /// Hands out a block of `size` bytes.
    pub(crate) fn alloc_guarded(
        &self,
        arena: &Arena,
        size: usize,
        footprint: Footprint,
    ) -> Option<LargeBlock> {
        let taken = arena.take_large(footprint.granules, footprint.charge)?;
        // SAFETY: the span is new, and of what it holds nobody needs anything.
        unsafe { arena.guard(taken.span) };
        // SAFETY: records are type-stable.
        let record = unsafe { taken.span.as_ref() };
        let offset = self.offset_guarded(record, size, footprint.align);
        let block = self.hand_out_new(arena, &taken, offset, size)?;
        arena.unclaim(taken.span);
        Some(block)
    }

    /// Hands out the block that lies parked in `lane`, if it is just what `footprint` asks for.
    pub(crate) fn retake_guarded(
        &self,
        arena: &Arena,
        lane: Lane,
        size: usize,
        footprint: Footprint,
    ) -> Option<LargeBlock> {
        let span = arena.retake_claimed(lane, footprint.granules, footprint.charge)?;
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let (first, usable) = (record.first(), self.usable_guarded(record));
        // SAFETY: the block was poisoned before it was parked, and is ours since it is claimed.
        let change = unsafe { poison::first_change(first, usable, Faded::No) };
        if let Some(offset) = change {
            poison::report(first, usable, offset);
        }
        let offset = self.offset_guarded(record, size, footprint.align);
        let payload = NonNull::new(arena.pointer(span, offset))?;
        record.describe_large(size, payload.as_ptr());
        let block = self.hand_out(record, payload, size, Contents::Any);
        arena.unclaim(span);
        Some(block)
    }

    /// Takes the block whose payload starts at `address` back, after every check: into `lane`, if that has a place for it.
    pub(crate) fn free_guarded(
        &self,
        arena: &Arena,
        lane: Lane,
        address: usize,
        provided: Option<usize>,
    ) -> Result<(), FreeError> {
        let Some(span) = arena.claim_large(address) else {
            return Err(FreeError::AlreadyFreedOrUnknownLarge);
        };
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        if let Err(error) = self.check(record, address, provided) {
            arena.unclaim(span);
            return Err(error);
        }
        let (first, usable) = (record.first(), self.usable_guarded(record));
        if self.header {
            // SAFETY: the span is a large block of this format, so a header precedes its payload.
            unsafe { Header::of(first) }.release();
        }
        // SAFETY: the block is claimed, given up by its holder, and so long.
        unsafe { poison::write(first, usable) };
        let live_bytes = self.live_bytes(record.requested());
        let bytes = record.bytes();
        if arena.has_place(lane, span, live_bytes) {
            arena.park_claimed(span);
        } else {
            arena.give_claimed(span, live_bytes);
        }
        arena.stir(bytes);
        Ok(())
    }

    /// Makes the live block whose payload starts at `address`, requested with `old` bytes, one of `new` where it is, if
    /// it has the room and is not mostly empty then.
    pub(crate) fn resize_guarded(
        &self,
        arena: &Arena,
        address: usize,
        old: usize,
        new: usize,
    ) -> Result<bool, FreeError> {
        let Some(span) = arena.claim_large(address) else {
            return Err(FreeError::AlreadyFreedOrUnknownLarge);
        };
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let checked = self.check(record, address, Some(old));
        let usable = self.usable_guarded(record);
        let granules = record.granules();
        arena.unclaim(span);
        checked?;
        let Some(footprint) = self.footprint(new, 1) else {
            return Ok(false);
        };
        let was = self.live_bytes(old);
        if new > usable
            || new <= usable / 2
            || !arena.resize_large(span, granules, new, footprint.charge, was)
        {
            return Ok(false);
        }
        if self.header {
            // SAFETY: the span is a live large block of this format, so a header precedes its payload.
            let header = unsafe { Header::of(record.first()) };
            header.seal(self.secret.key(0), 0, address, new);
        }
        Ok(true)
    }
}
