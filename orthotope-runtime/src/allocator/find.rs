//! From an address to the live block that starts there, or to the reason why none does.

use core::ptr::NonNull;

use super::engine::Engine;
use crate::arena::{Kind, Span};
use crate::block::{Header, Shape, State};
use crate::central::Whereabouts;
use crate::class::HEADER_BYTES;
use crate::error::FreeError;

/// The span of an address, and what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A block of a class, live as far as its header tells.
    Small { class: usize, span: NonNull<Span> },
    /// A large block, its header and size unchecked: whoever goes on looks again under the arena's lock,
    /// or calls `LargeFormat::check`.
    Large(NonNull<Span>),
}

/// Sizes of a live block, in bytes.
pub(crate) struct Sizes {
    /// `None` if it is large.
    pub(crate) class: Option<usize>,
    /// What it was requested with, where that is known; else all that its class holds.
    pub(crate) recorded: usize,
    /// What its holder may use.
    pub(crate) usable: usize,
}

impl Engine {
    /// What the live block at `address` is, if it is one and, where stated, of `provided` bytes: as the configuration
    /// has it found.
    ///
    /// The checks in order: range, alignment, interior, header, size. Nothing is read that may be unmapped.
    pub(super) fn find(&self, address: usize, provided: Option<usize>) -> Result<Found, FreeError> {
        if self.config.hardened {
            self.find_tracked(address, provided)
        } else {
            self.find_plain(address, provided)
        }
    }

    /// As [`find`](Self::find) of an allocator that is not hardened.
    #[inline]
    pub(super) fn find_plain(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Found, FreeError> {
        if self.config.marks() {
            self.find_marked(address, provided)
        } else {
            self.find_unmarked(address, provided)
        }
    }

    /// As [`find_plain`](Self::find_plain), without asking the mark of a free block.
    #[inline]
    pub(super) fn find_unmarked(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Found, FreeError> {
        let found = match self.look_up(address, provided) {
            // The header of a block that lies free may have gone back to the system with its page.
            Err(FreeError::CorruptHeader) if self.lies_free(address) => {
                return Err(FreeError::DoubleFree);
            }
            found => found?,
        };
        // A header tells what was never handed out; without one, the slab does.
        if let Found::Small { class, span } = found
            && !self.config.header
        {
            let central = &self.centrals()[class];
            // SAFETY: records are type-stable.
            let offset = address.wrapping_sub(unsafe { span.as_ref() }.first().addr());
            match central.whereabouts(span, central.geometry().index(offset)) {
                Some(Whereabouts::Out) => {}
                Some(Whereabouts::Free) => return Err(FreeError::DoubleFree),
                Some(Whereabouts::Uncarved) | None => return Err(FreeError::CorruptHeader),
            }
        }
        Ok(found)
    }

    /// As [`find`](Self::find), as far as it can be told without a lock.
    pub(crate) fn find_unlocked(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Found, FreeError> {
        if self.config.hardened {
            self.find_tracked(address, provided)
        } else {
            self.look_up(address, provided)
        }
    }

    /// As [`find_unlocked`](Self::find_unlocked) of an allocator that is not hardened.
    #[inline]
    pub(super) fn look_up(
        &self,
        address: usize,
        provided: Option<usize>,
    ) -> Result<Found, FreeError> {
        let Some(region) = self.arena.region_of(address) else {
            return Err(FreeError::ForeignPointer);
        };
        if !address.is_multiple_of(self.config.align) {
            return Err(FreeError::CorruptHeader);
        }
        let Some(span) = region.span_at(address) else {
            return Err(self.absent(address));
        };
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        match record.kind() {
            Kind::Slab => {
                let class = record.class();
                let central = &self.centrals()[class];
                let stride = central.geometry().stride;
                let offset = address.wrapping_sub(record.first().addr());
                if offset >= record.bytes() || !offset.is_multiple_of(stride) {
                    return Err(FreeError::CorruptHeader);
                }
                self.find_small(class, address, region.pointer(address), provided)?;
                Ok(Found::Small { class, span })
            }
            Kind::Large => {
                if record.first().addr() != address {
                    return Err(FreeError::CorruptHeader);
                }
                Ok(Found::Large(span))
            }
            Kind::Dead | Kind::Free | Kind::Pooled | Kind::Parked => Err(self.absent(address)),
        }
    }

    /// Without a header: whether `address` is in a slab of `class`, or was. One look at the first region's directory tells,
    /// for nearly all that is freed; more would take longer.
    #[inline]
    pub(crate) fn lies_in_slab(&self, address: usize, class: usize) -> bool {
        self.arena.home().last_span_at(address).is_some_and(|span| {
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            record.kind() == Kind::Slab && record.class() == class
        })
    }

    /// Without a header, as far as it can be told without a lock: whether a block of `class` starts at `address`, and why not,
    /// if it is freed as one of `size` bytes.
    #[cold]
    pub(crate) fn confirm(
        &self,
        address: usize,
        class: usize,
        size: usize,
    ) -> Result<(), FreeError> {
        let recorded = match self.find_unlocked(address, None)? {
            Found::Small { class: found, .. } if found == class => return Ok(()),
            Found::Small { class: found, .. } => self.config.classes[found],
            // SAFETY: records are type-stable.
            Found::Large(span) => unsafe { span.as_ref() }.requested(),
        };
        Err(FreeError::SizeMismatch {
            provided: size,
            recorded,
        })
    }

    /// Whether a block starts at `address` that lies free in its slab.
    fn lies_free(&self, address: usize) -> bool {
        let Some(span) = self.arena.span_at(address) else {
            return false;
        };
        // SAFETY: records are type-stable.
        let record = unsafe { span.as_ref() };
        if record.kind() != Kind::Slab {
            return false;
        }
        let central = &self.centrals()[record.class()];
        let geometry = central.geometry();
        let offset = address.wrapping_sub(record.first().addr());
        offset < record.bytes()
            && offset.is_multiple_of(geometry.stride)
            && central.whereabouts(span, geometry.index(offset)) == Some(Whereabouts::Free)
    }

    /// Whether the block carved for `class` at `address` is live and, where stated, of `provided` bytes.
    fn find_small(
        &self,
        class: usize,
        address: usize,
        payload: *mut u8,
        provided: Option<usize>,
    ) -> Result<(), FreeError> {
        let room = self.config.classes[class];
        if !self.config.header {
            return match provided {
                Some(provided) if self.class_of(provided) != Some(class) => {
                    Err(FreeError::SizeMismatch {
                        provided,
                        recorded: room,
                    })
                }
                _ => Ok(()),
            };
        }
        // SAFETY: the block was carved from a slab with headers, so one precedes its payload.
        let header = unsafe { Header::of(payload) };
        match header.state(self.secret, address) {
            State::FreeSmall => Err(FreeError::DoubleFree),
            State::Live { shape, requested }
                if shape == Shape::small(class)
                    && header.usable() == room
                    // What the word does not mix of a size beyond 2³¹ is told by this.
                    && self.is_of(class, requested) =>
            {
                match provided {
                    Some(provided) if provided != requested => Err(FreeError::SizeMismatch {
                        provided,
                        recorded: requested,
                    }),
                    _ => Ok(()),
                }
            }
            _ => Err(FreeError::CorruptHeader),
        }
    }

    /// Why there is no live block at an address of the arena.
    fn absent(&self, address: usize) -> FreeError {
        if !self.config.header {
            return FreeError::AlreadyFreedOrUnknownLarge;
        }
        let before = address.wrapping_sub(HEADER_BYTES);
        let Some(region) = self.arena.region_of(before) else {
            return FreeError::ForeignPointer;
        };
        // SAFETY: the 64 bytes before the address are in the region's committed part; the address is a
        // multiple of the alignment.
        let header = unsafe { Header::of(region.pointer(before).wrapping_add(HEADER_BYTES)) };
        match header.state(self.secret, address) {
            State::FreeSmall => FreeError::DoubleFree,
            State::FreeLarge => FreeError::AlreadyFreedOrUnknownLarge,
            // The header went back to the system with its block.
            State::Corrupt if self.arena.was_purged(before) => {
                FreeError::AlreadyFreedOrUnknownLarge
            }
            State::Live { .. } | State::Corrupt => FreeError::CorruptHeader,
        }
    }

    /// Bytes that the holder of the live block at `address` may use.
    pub(crate) fn usable_size(&self, address: usize) -> Result<usize, FreeError> {
        self.sizes(address).map(|sizes| sizes.usable)
    }

    /// What is known of the sizes of the live block at `address`.
    pub(crate) fn sizes(&self, address: usize) -> Result<Sizes, FreeError> {
        match self.find(address, None)? {
            Found::Small { class, .. } => {
                let room = self.config.classes[class];
                Ok(Sizes {
                    class: Some(class),
                    recorded: self.requested_tracked(address)?.unwrap_or(room),
                    usable: room,
                })
            }
            Found::Large(span) => {
                // SAFETY: records are type-stable.
                let record = unsafe { span.as_ref() };
                self.large.check(record, address, None)?;
                Ok(Sizes {
                    class: None,
                    recorded: record.requested(),
                    usable: self.large.usable_guarded(record),
                })
            }
        }
    }
}
