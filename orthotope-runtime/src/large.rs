//! Large blocks: a span each, beyond the largest class.
//!
//! Owns how such a block lies in its span and what it counts for. The pool of freed ones is the
//! arena's; the list of live ones is the page directory. Knows nothing of classes.
//!
//! Invariants of a live large block, checked by `LargeFormat::validate`: `first` is the first multiple of the alignment
//! that leaves room for the header, or, between guards, the last that leaves room for the request;
//! `first + requested <= start + bytes - guard`; the span's charge is at least
//! `live_bytes(requested)`; the header, if any, is live and says what the record does.
//!
//! Read on in this order: here, `guarded`.

mod guarded;

use core::ptr::NonNull;

#[cfg(any(test, fuzzing))]
use crate::arena::Kind;
use crate::arena::{Arena, Begun, GRANULE, Lane, LargeSpan, Span, room_for};
use crate::block::{Header, Secret, Shape, State};
use crate::class::HEADER_BYTES;
use crate::error::FreeError;

/// How large blocks are laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LargeFormat {
    pub(crate) align: usize,
    pub(crate) header: bool,
    pub(crate) secret: Secret,
    /// Bytes of the guard before and behind each block; 0 for none. Only `guarded` asks.
    pub(crate) guard: usize,
}

/// What a request takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footprint {
    pub(crate) granules: usize,
    /// Bytes charged: header and request, rounded up to the alignment of the configuration.
    pub(crate) charge: usize,
    /// Without a header: alignment that the span must have. With one, `granules` allow for it. Between guards: the
    /// payload's, for which `granules` allow too.
    pub(crate) align: usize,
}

impl Footprint {
    /// Granules of free space in which such a block is certain to find its place. What it does not cover stays free.
    pub(crate) fn room(&self) -> usize {
        room_for(self.granules, self.align)
    }
}

/// A large block just handed out.
pub(crate) struct LargeBlock {
    pub(crate) payload: NonNull<u8>,
    pub(crate) contents: Contents,
}

/// What is known of what a block just handed out holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Zero.
    Zero,
    /// Its granules' ages tell where it is zero.
    ByAge,
    /// Anything.
    Any,
}

impl LargeFormat {
    fn header_bytes(&self) -> usize {
        if self.header { HEADER_BYTES } else { 0 }
    }

    /// What a request of `size` bytes, aligned to `align`, takes; `None` where no address space could hold it.
    pub(crate) fn footprint(&self, size: usize, align: usize) -> Option<Footprint> {
        debug_assert!(!self.header || align <= self.align);
        let charge = size
            .checked_add(self.header_bytes())?
            .checked_next_multiple_of(self.align)?;
        // The payload starts at most one alignment into the span.
        let lead = if self.header { self.align } else { 0 };
        let bytes = size.checked_add(lead)?.checked_next_multiple_of(GRANULE)?;
        (bytes <= isize::MAX as usize).then_some(Footprint {
            granules: bytes / GRANULE,
            charge,
            align: if self.header { 1 } else { align },
        })
    }

    fn live_bytes(&self, requested: usize) -> usize {
        (requested + self.header_bytes()).next_multiple_of(self.align)
    }

    /// Hands out a block of `size` bytes.
    pub(crate) fn alloc(
        &self,
        arena: &Arena,
        size: usize,
        footprint: Footprint,
    ) -> Option<LargeBlock> {
        let Footprint {
            granules,
            charge,
            align,
        } = footprint;
        let taken = arena.take_large_aligned(granules, charge, align)?;
        // SAFETY: records are type-stable.
        let record = unsafe { taken.span.as_ref() };
        let offset =
            (record.start() + self.header_bytes()).next_multiple_of(self.align) - record.start();
        self.hand_out_new(arena, &taken, offset, size)
    }

    /// Hands out the block that lies parked in `lane`, if it is just what `footprint` asks for.
    pub(crate) fn retake(
        &self,
        arena: &Arena,
        lane: Lane,
        size: usize,
        footprint: Footprint,
    ) -> Option<LargeBlock> {
        let span = arena.retake(lane, footprint.granules, footprint.charge)?;
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // It starts where it started before, which depends on no size.
        let payload = NonNull::new(record.first())?;
        if !payload.as_ptr().addr().is_multiple_of(footprint.align) {
            // Unless somebody frees it a second time at this moment, it waits there again.
            arena.park(span);
            return None;
        }
        record.set_requested(size);
        Some(self.hand_out(record, payload, size, Contents::Any))
    }

    /// Hands out a span that was just taken as a block whose payload starts at `offset` of it.
    fn hand_out_new(
        &self,
        arena: &Arena,
        taken: &LargeSpan,
        offset: usize,
        size: usize,
    ) -> Option<LargeBlock> {
        // SAFETY: records are type-stable.
        let record = unsafe { taken.span.as_ref() };
        let payload = NonNull::new(arena.pointer(taken.span, offset))?;
        record.describe_large(size, payload.as_ptr());
        let contents = if taken.clean {
            Contents::Zero
        } else {
            Contents::ByAge
        };
        Some(self.hand_out(record, payload, size, contents))
    }

    fn hand_out(
        &self,
        record: &Span,
        payload: NonNull<u8>,
        size: usize,
        contents: Contents,
    ) -> LargeBlock {
        debug_assert_eq!(record.requested(), size);
        if self.header {
            // SAFETY: the span is a large block of this format, so a header precedes its payload.
            let header = unsafe { Header::of(payload.as_ptr()) };
            header.describe(Shape::LARGE, self.usable(record));
            header.seal(self.secret.key(0), 0, payload.as_ptr().addr(), size);
        }
        LargeBlock { payload, contents }
    }

    /// Frees the live block in `span` into `lane`, if every check agrees and the lane has a place for it.
    pub(crate) fn park(
        &self,
        arena: &Arena,
        lane: Lane,
        span: NonNull<Span>,
        provided: Option<usize>,
    ) -> bool {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        let first = record.first();
        if self.check(record, first.addr(), provided).is_err()
            || !arena.has_place(lane, span, self.live_bytes(record.requested()))
        {
            return false;
        }
        // Before the span can be another's. Of two frees at once, one succeeds; of one that comes late, nothing is
        // written unless the block is live again.
        // SAFETY: the span is a large block of this format, so a header precedes its payload.
        if self.header && !unsafe { Header::of(first) }.release_once(self.secret, first.addr()) {
            return false;
        }
        let bytes = record.bytes();
        let parked = arena.park(span);
        if parked {
            arena.stir(bytes);
        }
        parked
    }

    /// Takes the block whose payload starts at `address` back, after every check.
    pub(crate) fn free(
        &self,
        arena: &Arena,
        address: usize,
        provided: Option<usize>,
    ) -> Result<(), FreeError> {
        arena.give_large(
            address,
            |requested| self.live_bytes(requested),
            |span| {
                self.check(span, address, provided)?;
                if self.header {
                    // SAFETY: the span is a live large block of this format, so a header precedes its payload.
                    unsafe { Header::of(span.first()) }.release_once(self.secret, address);
                }
                Ok(())
            },
            || FreeError::AlreadyFreedOrUnknownLarge,
        )
    }

    /// Whether the live block in `span` may be freed, or used, as one of `provided` bytes.
    pub(crate) fn check(
        &self,
        span: &Span,
        address: usize,
        provided: Option<usize>,
    ) -> Result<(), FreeError> {
        let recorded = span.requested();
        if self.header {
            // SAFETY: the span is a live large block of this format, so a header precedes its payload.
            let header = unsafe { Header::of(span.first()) };
            let live = State::Live {
                shape: Shape::LARGE,
                requested: recorded,
            };
            match header.state(self.secret, address) {
                state if state == live && header.usable() == self.usable(span) => {}
                // Another thread is about to park it.
                State::FreeLarge => return Err(FreeError::AlreadyFreedOrUnknownLarge),
                _ => return Err(FreeError::CorruptHeader),
            }
        }
        match provided {
            Some(provided) if provided != recorded => {
                Err(FreeError::SizeMismatch { provided, recorded })
            }
            _ => Ok(()),
        }
    }

    /// Bytes from the payload's start to the end of the span, the guard there included.
    pub(crate) fn usable(&self, span: &Span) -> usize {
        span.bytes() - (span.first().addr() - span.start())
    }

    /// Makes the live block in `span` a longer one of `size` bytes, whose footprint is given, elsewhere: its pages
    /// move along. `None` if there is no room, and `Some(None)` if it has to be copied; then nothing has changed.
    pub(crate) fn relocate(
        &self,
        arena: &Arena,
        span: NonNull<Span>,
        size: usize,
        footprint: Footprint,
    ) -> Option<Option<NonNull<u8>>> {
        let moving = match arena.begin_move(span, footprint.granules, footprint.charge) {
            Begun::Moving(moving) => moving,
            Begun::NoRoom => return None,
            Begun::Refused => return Some(None),
        };
        // SAFETY: records are type-stable.
        let old = unsafe { span.as_ref() };
        // SAFETY: as above.
        let new = unsafe { moving.target().as_ref() };
        let was = self.live_bytes(old.requested());
        let mut zero = arena.move_pages(&moving);
        let first = old.first();
        let payload = arena.pointer(moving.target(), first.addr() - old.start());
        new.describe_large(size, payload);
        if self.header {
            // What is left behind says that it was freed, as if the block had been copied.
            // SAFETY: the span was a large block of this format, and still is the mover's: its start is writable.
            let stale = unsafe { Header::of(first) };
            stale.describe(Shape::LARGE, 0);
            stale.release();
            zero = false;
        }
        // SAFETY: no span of an arena starts at address zero.
        let payload = unsafe { NonNull::new_unchecked(payload) };
        let block = self.hand_out(new, payload, size, Contents::Any);
        arena.finish_move(moving, footprint.charge, was, zero);
        Some(Some(block.payload))
    }

    /// Makes the live block in `span` one of `size` bytes without moving it, if it has or finds the room and is
    /// not mostly empty then.
    pub(crate) fn resize(&self, arena: &Arena, span: NonNull<Span>, size: usize) -> bool {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        // Where it is, it keeps its alignment.
        let Some(Footprint {
            charge, granules, ..
        }) = self.footprint(size, self.align)
        else {
            return false;
        };
        // A footprint allows for the longest way to the payload, which this span may not have.
        let granules = if size > self.usable(record) {
            granules
        } else {
            granules.min(record.granules())
        };
        let was = self.live_bytes(record.requested());
        if !arena.resize_large(span, granules, size, charge, was) {
            return false;
        }
        if self.header {
            // SAFETY: the span is a live large block of this format, so a header precedes its payload.
            let header = unsafe { Header::of(record.first()) };
            header.describe(Shape::LARGE, self.usable(record));
            header.seal(self.secret.key(0), 0, record.first().addr(), size);
        }
        true
    }
}

#[cfg(any(test, fuzzing))]
impl LargeFormat {
    /// Panics if an invariant of the module does not hold. Nobody frees or moves a large block meanwhile.
    pub(crate) fn validate(&self, arena: &Arena) {
        let mut spans = Vec::new();
        arena.each_span(|span| spans.push(span));
        for span in spans {
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            if !matches!(record.kind(), Kind::Large | Kind::Parked) {
                continue;
            }
            let (start, first) = (record.start(), record.first().addr());
            assert!(first.is_multiple_of(self.align), "{first:#x}");
            let lead = self.guard + self.header_bytes();
            assert!(first - start >= lead, "there is room before it");
            assert!(self.guard > 0 || first - start < lead + self.align);
            assert!(record.requested() + self.guard <= self.usable(record));
            let counted = self.live_bytes(record.requested());
            assert!(counted <= arena.charge_of(span), "it is charged for all");
            match record.kind() {
                Kind::Parked => assert!(self.guard > 0 || counted == arena.charge_of(span)),
                _ => assert_eq!(self.check(record, first, None), Ok(())),
            }
        }
    }
}
