//! What a hardened allocator does each time a block is handed out and comes back: whoever frees what is no live block is
//! told, and whoever wrote to a free one is found out.
//!
//! Nothing that is decided here is read from memory that the program may write to; where there are headers, they are
//! compared in addition. No lock is taken. What is usual of a generated type never comes here: `global::hardened` does it.

use core::ptr::NonNull;

use super::engine::Engine;
use super::find::Found;
use super::visit::Visit;
use crate::arena::{Kind, Region, Span};
use crate::block::{Header, Shape, State};
use crate::error::FreeError;
use crate::large::LargeBlock;
use crate::poison::{self, Faded};
use crate::slab::{self, BlockState, Word};
use crate::sys::die;

/// A live small block.
struct Tracked<'a> {
    class: usize,
    span: NonNull<Span>,
    block: NonNull<u8>,
    word: Word<'a>,
    /// Bytes that its holder may use.
    payload: usize,
    requested: usize,
}

/// A small block that has just become free.
struct Freed {
    class: usize,
    block: NonNull<u8>,
    /// The cache that handed it out, where headers record that.
    owner: Option<u64>,
}

impl Engine {
    /// Marks a block of `class`, which the caller has just taken, as handed out by `owner` for `size` bytes. Ends the
    /// process if it was written to while it was free.
    #[inline(never)]
    pub(crate) fn hand_out(&self, class: usize, block: NonNull<u8>, size: usize, owner: u64) {
        let start = block.as_ptr();
        let address = start.addr();
        let central = &self.centrals()[class];
        let word = self.near(address).and_then(|region| {
            // SAFETY: records are type-stable, and a block that can be taken keeps its slab open.
            let record: &Span = unsafe { region.span_at(address)?.as_ref() };
            let offset = address.wrapping_sub(record.first().addr());
            let index = central.geometry().index(offset);
            slab::word(record, index)
        });
        let Some(word) = word else {
            die(format_args!("a free block at {block:p} is in no slab"));
        };
        let faded = match word.state() {
            BlockState::Unused => None,
            BlockState::Poisoned => Some(Faded::No),
            BlockState::Faded => Some(Faded::ToZero),
            BlockState::Live { .. } => die(format_args!("a free block at {block:p} is live")),
        };
        let payload = central.payload();
        if let Some(faded) = faded
            // SAFETY: the block is the caller's, of this class, and was poisoned when it was freed.
            && let Some(offset) = unsafe { poison::first_change(start, payload, faded) }
        {
            poison::report(start, payload, offset);
        }
        word.set_live(size);
        if self.config.header {
            // SAFETY: the block is of a slab with headers, so one precedes its payload.
            let header = unsafe { Header::of(start) };
            header.seal(self.secret.key(owner), owner, address, size);
        }
    }

    /// Frees the live block at `address` as far as that concerns the block itself: it is marked as free and poisoned.
    /// `None` if it is a large one, which stays as it is.
    ///
    /// # Safety
    ///
    /// If the address is that of a live block, nobody uses that block any more.
    unsafe fn take_back(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Option<Freed>, FreeError> {
        let Some(tracked) = self.track(address, provided)? else {
            return Ok(None);
        };
        if !tracked.word.free(tracked.requested) {
            return Err(FreeError::DoubleFree);
        }
        let (class, block) = (tracked.class, tracked.block);
        let owner = self.config.header.then(|| {
            // SAFETY: the block is of a slab with headers, so one precedes its payload.
            let header = unsafe { Header::of(block.as_ptr()) };
            header.release();
            header.owner()
        });
        // SAFETY: the block was live, is given up by its holder, and has as many bytes as its class.
        unsafe { poison::write(block.as_ptr(), tracked.payload) };
        Ok(Some(Freed {
            class,
            block,
            owner,
        }))
    }

    /// Makes the live small block at `address`, requested with `old` bytes, one of `new`, if that is of its class too.
    /// `None` if a large one starts there.
    fn resize_tracked(
        &self,
        address: usize,
        old: usize,
        new: usize,
    ) -> Result<Option<bool>, FreeError> {
        let Some(tracked) = self.track(address, Some(old))? else {
            return Ok(None);
        };
        if self.class_of(new) != Some(tracked.class) {
            return Ok(Some(false));
        }
        if !tracked.word.resize(old, new) {
            return Err(FreeError::DoubleFree);
        }
        if self.config.header {
            // SAFETY: the block is of a slab with headers, so one precedes its payload.
            let header = unsafe { Header::of(tracked.block.as_ptr()) };
            let owner = header.owner();
            header.seal(self.secret.key(owner), owner, address, new);
        }
        Ok(Some(true))
    }

    /// Bytes that the live small block at `address` was requested with, if that is kept.
    pub(super) fn requested_tracked(&self, address: usize) -> Result<Option<usize>, FreeError> {
        if !self.config.hardened {
            return Ok(None);
        }
        Ok(self.track(address, None)?.map(|tracked| tracked.requested))
    }

    /// As [`find`](Self::find).
    pub(super) fn find_tracked(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Found, FreeError> {
        if let Some(Tracked { class, span, .. }) = self.track(address, provided)? {
            return Ok(Found::Small { class, span });
        }
        // `track` saw a large block.
        self.arena
            .span_at(address)
            .map(Found::Large)
            .ok_or(FreeError::AlreadyFreedOrUnknownLarge)
    }

    /// The live small block at `address`, if it is one and, where stated, of `provided` bytes; `None` if a large one
    /// starts there.
    fn track(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Option<Tracked<'_>>, FreeError> {
        let Some(region) = self.near(address) else {
            return Err(FreeError::ForeignPointer);
        };
        if !address.is_multiple_of(self.config.align) {
            return Err(FreeError::CorruptHeader);
        }
        let Some(span) = region.span_at(address) else {
            return Err(self.absent_tracked(address));
        };
        // SAFETY: records are type-stable, and live as long as the engine.
        let record: &Span = unsafe { span.as_ref() };
        match record.kind() {
            Kind::Slab => {}
            Kind::Large if record.first().addr() == address => return Ok(None),
            Kind::Large => return Err(FreeError::CorruptHeader),
            Kind::Dead | Kind::Free | Kind::Pooled | Kind::Parked => {
                return Err(self.absent_tracked(address));
            }
        }
        let class = record.class();
        let central = &self.centrals()[class];
        let geometry = central.geometry();
        let offset = address.wrapping_sub(record.first().addr());
        if offset >= record.bytes() {
            return Err(FreeError::CorruptHeader);
        }
        let index = geometry.index(offset);
        if index >= geometry.capacity || offset != index * geometry.stride {
            return Err(FreeError::CorruptHeader);
        }
        let Some(word) = slab::word(record, index) else {
            return Err(FreeError::CorruptHeader);
        };
        let requested = match word.state() {
            BlockState::Live { requested } => requested,
            BlockState::Poisoned | BlockState::Faded => return Err(FreeError::DoubleFree),
            BlockState::Unused => return Err(FreeError::CorruptHeader),
        };
        let payload = central.payload();
        let block = self.live_block(region, (class, payload), address, requested)?;
        if let Some(provided) = provided
            && provided != requested
        {
            return Err(FreeError::SizeMismatch {
                provided,
                recorded: requested,
            });
        }
        Ok(Some(Tracked {
            class,
            span,
            block,
            word,
            payload,
            requested,
        }))
    }

    /// The block that is live at `address`, derived from its region's base, if its header agrees, where it has one.
    #[inline]
    fn live_block(
        &self,
        region: &Region,
        (class, payload): (usize, usize),
        address: usize,
        requested: usize,
    ) -> Result<NonNull<u8>, FreeError> {
        let start = region.pointer(address);
        if self.config.header {
            let live = State::Live {
                shape: Shape::small(class),
                requested,
            };
            // SAFETY: the block is of a slab with headers, so one precedes its payload.
            let header = unsafe { Header::of(start) };
            if header.state(self.secret, address) != live || header.usable() != payload {
                return Err(FreeError::CorruptHeader);
            }
        }
        NonNull::new(start).ok_or(FreeError::ForeignPointer)
    }

    /// The region that holds `address`: mostly the first.
    #[inline]
    fn near(&self, address: usize) -> Option<&Region> {
        let home = self.arena.home();
        if home.contains(address) {
            return Some(home);
        }
        self.arena.region_of(address)
    }

    /// Why there is no live block at an address of the arena. What may be there is not read: it may be a guard.
    fn absent_tracked(&self, address: usize) -> FreeError {
        if self.arena.was_used(address) {
            FreeError::AlreadyFreedOrUnknownLarge
        } else {
            FreeError::CorruptHeader
        }
    }
}

impl Visit<'_> {
    /// [`alloc_large`](Self::alloc_large) of a hardened allocator.
    pub(super) fn alloc_large_hardened(&self, size: usize, align: usize) -> Option<LargeBlock> {
        let Engine { arena, large, .. } = self.engine;
        let footprint = large.footprint_guarded(size, align)?;
        if let Some(block) = large.retake_guarded(arena, self.lane(), size, footprint) {
            return Some(block);
        }
        self.with_room(footprint.granules, footprint.charge, || {
            large.alloc_guarded(arena, size, footprint)
        })
    }

    /// [`free_checked`](Self::free_checked) of a hardened allocator.
    ///
    /// # Safety
    ///
    /// As there.
    pub(super) unsafe fn free_hardened(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<(), FreeError> {
        // SAFETY: the caller's promise.
        match unsafe { self.engine.take_back(address, provided) }? {
            Some(freed) => {
                let owner = freed.owner.unwrap_or(self.owner());
                // SAFETY: the block has just become free; it is of the class that was found.
                unsafe { self.keep(freed.class, freed.block, owner) };
                Ok(())
            }
            None => {
                let Engine { arena, large, .. } = self.engine;
                large.free_guarded(arena, self.lane(), address, provided)
            }
        }
    }

    /// [`resize`](Self::resize) of a hardened allocator: whether the block could stay where it is.
    pub(super) fn resize_hardened(
        &self,
        address: usize,
        old: usize,
        new: usize,
    ) -> Result<bool, FreeError> {
        let Engine { arena, large, .. } = self.engine;
        match self.engine.resize_tracked(address, old, new)? {
            Some(resized) => Ok(resized),
            None => large.resize_guarded(arena, address, old, new),
        }
    }
}
