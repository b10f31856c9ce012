//! Growth by moving page tables: a large block gets a longer span elsewhere, and takes its pages along.
//!
//! | step | lock | kind of the old span | of the new one |
//! | --- | --- | --- | --- |
//! | `begin_move`: room, and the budget for what the block grows by | held | `Large` → `Dead` | free → `Dead` |
//! | `move_pages` | – | `Dead` | `Dead` |
//! | `finish_move` | held | → free, uncharged | → `Large` |
//!
//! A span that is `Dead` is nobody's but the mover's: whoever frees the block meanwhile, or at its old address
//! afterwards, is refused as for any other that was freed.
//!
//! Pages do not move where others are in memory already, of freed blocks: those would be lost, and whoever grows a
//! block again and again would have all of its pages from the system each time. There the block is copied.
//!
//! The new span starts as far behind a multiple of a huge page as the old one: alignment survives up to a huge page's, or the
//! arena's, huge pages do, and the kernel moves whole tables instead of their entries. Who needs more alignment copies.

use core::ptr::NonNull;

use super::phased::Phase;
use super::span::place;
use super::{Age, Arena, GRANULE, Kind, Span};
use crate::sync::Ordering;
use crate::sys::Relocation;

/// Bytes that the last level of page tables spans on most systems, and of a huge page.
const TABLE: usize = 2 << 20;

/// A block on its way: both spans are the mover's alone, until [`Arena::finish_move`].
#[must_use]
pub(crate) struct Moving {
    from: Spot,
    to: Spot,
    /// Granules that move: the old span, whole.
    granules: usize,
}

#[derive(Clone, Copy)]
struct Spot {
    span: NonNull<Span>,
    region: usize,
    /// Index of the span's first granule.
    first: usize,
}

impl Moving {
    /// Where the block goes.
    pub(crate) fn target(&self) -> NonNull<Span> {
        self.to.span
    }
}

/// What came of [`Arena::begin_move`].
pub(crate) enum Begun {
    Moving(Moving),
    /// Neither address space nor budget suffice.
    NoRoom,
    /// Pages cannot be moved here, or the block is not live.
    Refused,
}

impl Arena {
    /// Granules of free space in which a block of `granules` is certain to find a place to move to.
    pub(crate) fn room_to_move(&self, granules: usize) -> usize {
        super::room_for(granules, TABLE.max(self.params.align))
    }

    /// Takes a span of `granules` for the large block in `span`, which is to be charged `charge`, and the block out
    /// of everybody's reach. Unless it is moving then, nothing has changed.
    pub(crate) fn begin_move(&self, span: NonNull<Span>, granules: usize, charge: usize) -> Begun {
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        if self.immovable.load(Ordering::Relaxed) {
            return Begun::Refused;
        }
        let mut state = self.lock();
        if !record.change_kind(Kind::Large, Kind::Dead) {
            return Begun::Refused;
        }
        // A freed block in memory, which whoever copies the block gets.
        if state.pool.best_fit(granules, charge).is_some() {
            record.set_kind(Kind::Large);
            return Begun::Refused;
        }
        // All of it moves, also where it is longer than it need be.
        let granules = granules.max(record.granules());
        let more = charge.saturating_sub(record.charge());
        let phase = Phase::like(record.start(), TABLE.max(self.params.align));
        let mut taken = None;
        for attempt in 0..2 {
            if attempt == 1 && !self.consolidate(&mut state) {
                break;
            }
            if state.budget.left() >= more {
                taken = self.take_phased(&mut state, granules, phase);
            }
            if taken.is_some() {
                break;
            }
        }
        let Some(target) = taken else {
            record.set_kind(Kind::Large);
            return Begun::NoRoom;
        };
        let moving = Moving {
            from: self.spot_of(span),
            to: self.spot_of(target),
            granules: record.granules(),
        };
        if self.is_warm(&moving) || !self.seams_allow(&moving) {
            self.free_span(&mut state, target);
            record.set_kind(Kind::Large);
            return Begun::Refused;
        }
        self.charge(&mut state, target, more);
        self.lend(&mut state, target);
        // For what has to be copied; what moves brings along what it was told.
        self.advise(target);
        Begun::Moving(moving)
    }

    /// Moves the old span's pages to the start of the new one. Whether all were: then the old span's memory is zero.
    /// What could not be moved was copied.
    pub(crate) fn move_pages(&self, moving: &Moving) -> bool {
        let start = moving.from.first;
        let mut whole = true;
        let mut done = 0;
        while done < moving.granules {
            let seam = self.seams.first_in(
                moving.from.region,
                start + done + 1..start + moving.granules,
            );
            let end = seam.map_or(moving.granules, |seam| seam - start);
            whole &= self.move_piece(moving, done, end - done);
            done = end;
        }
        whole
    }

    /// Moves, or else copies, `granules` from the one at `offset` on.
    fn move_piece(&self, moving: &Moving, offset: usize, granules: usize) -> bool {
        let at = |spot: Spot| {
            let bytes = (spot.first + offset) * GRANULE;
            // SAFETY: the granules are a span's of this region.
            unsafe { self.region(spot.region).base().add(bytes) }
        };
        let (from, to, bytes) = (at(moving.from), at(moving.to), granules * GRANULE);
        // SAFETY: two spans of this arena, hence committed and apart, in regions that reserve more than their granules.
        // Both are the mover's alone.
        match unsafe { self.os.relocate(from, to, bytes) } {
            Relocation::Done => {
                let first = moving.to.first + offset;
                self.seams.moved(moving.to.region, first..first + granules);
                return true;
            }
            Relocation::Split if granules > 1 => {
                let half = granules / 2;
                let front = self.move_piece(moving, offset, half);
                return self.move_piece(moving, offset + half, granules - half) && front;
            }
            Relocation::Split | Relocation::Refused => {}
            Relocation::Unsupported => self.immovable.store(true, Ordering::Relaxed),
        }
        // SAFETY: as above.
        unsafe { to.copy_from_nonoverlapping(from, bytes) };
        false
    }

    /// Hands the moved block, which counted for `was` bytes, out in its new span, described already and charged
    /// `charge`; the old span is free, and its memory as `zero` says.
    pub(crate) fn finish_move(&self, moving: Moving, charge: usize, was: usize, zero: bool) {
        let (from, to) = (moving.from.span, moving.to.span);
        let mut state = self.lock();
        // SAFETY: records are type-stable.
        let old = unsafe { from.as_ref() };
        // SAFETY: as above.
        let new = unsafe { to.as_ref() };
        // The new span was charged what the block grew by.
        let charged = old.charge() + new.charge();
        old.set_charge(0);
        new.set_charge(charge);
        state.budget.release(charged - charge);
        state.live_large.remove(was);
        state.live_large.add(charge);
        self.unadvise(from);
        self.advise(to);
        new.set_kind(Kind::Large);
        let age = if zero { Age::DROPPED } else { Age::COLD };
        self.lay_down(&mut state, from, |_| age);
        self.free_span(&mut state, from);
    }

    /// Where a span is. The lock is held.
    fn spot_of(&self, span: NonNull<Span>) -> Spot {
        // SAFETY: callers hold the lock.
        let region = unsafe { place(span) }.region.into();
        // SAFETY: records are type-stable.
        let start = unsafe { span.as_ref() }.start();
        Spot {
            span,
            region,
            first: self.region(region).granule_of(start),
        }
    }

    /// Whether most of where the pages would go is in memory. What is there would be lost with them, and has to
    /// come back from the system page by page, which costs more than copying into it.
    fn is_warm(&self, moving: &Moving) -> bool {
        let region = self.region(moving.to.region);
        let granules = moving.to.first..moving.to.first + moving.granules;
        granules
            .filter(|&granule| region.age(granule).is_cold())
            .count()
            * 2
            > moving.granules
    }

    /// Whether the seams can be recorded, and are not too many. Under the lock.
    fn seams_allow(&self, moving: &Moving) -> bool {
        let Moving { from, to, granules } = *moving;
        let inner = from.first + 1..from.first + granules;
        let prepared = self
            .seams
            .prepare(to.region, self.region(to.region), &self.meta);
        prepared
            && self.seams.allow(
                self.seams.count_in(from.region, inner),
                to.region,
                to.first..to.first + granules,
            )
    }
}
