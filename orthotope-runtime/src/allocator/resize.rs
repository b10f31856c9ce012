//! A live block made longer or shorter without copying it.

use core::ptr::NonNull;

use super::engine::Engine;
use super::find::Found;
use super::visit::Visit;
use crate::arena::{Kind, Span};
use crate::block::Header;
use crate::error::FreeError;
use crate::large::Footprint;

/// Least bytes of a block that moves by its pages: below, a copy costs as little as what the system does for each.
const MOVED_LEAST: usize = 1 << 20;

impl Visit<'_> {
    /// Makes the live block at `block`, requested with `old` bytes, one of `new` without copying it: where it is, or,
    /// if it is large, elsewhere. `None` if it has to be copied; then it is as it was.
    pub(crate) fn resize(
        &self,
        block: NonNull<u8>,
        old: usize,
        new: usize,
    ) -> Result<Option<NonNull<u8>>, FreeError> {
        let address = block.as_ptr().addr();
        if self.engine.config.hardened {
            return Ok(self.resize_hardened(address, old, new)?.then_some(block));
        }
        match self.engine.find_plain(address, Some(old))? {
            Found::Large(span) => {
                // SAFETY: records are type-stable.
                let record = unsafe { span.as_ref() };
                self.engine.large.check(record, address, Some(old))?;
                if self.engine.large.resize(&self.engine.arena, span, new) {
                    return Ok(Some(block));
                }
                Ok(self.relocate(span, old, new))
            }
            Found::Small { class, .. } if self.engine.class_of(new) == Some(class) => {
                if self.engine.config.header
                    && let Some(block) = self.engine.derive(address)
                {
                    // SAFETY: `find` saw the header.
                    let header = unsafe { Header::of(block.as_ptr()) };
                    let owner = header.owner();
                    header.seal(self.engine.secret.key(owner), owner, address, new);
                }
                Ok(Some(block))
            }
            Found::Small { class, span } => {
                Ok((new > old && self.grow_small(class, span, new)).then_some(block))
            }
        }
    }

    /// Makes the live block of `class` that has the slab in `span` for itself one of `new` bytes, of another class or
    /// a large one, if there is room behind it.
    fn grow_small(&self, class: usize, span: NonNull<Span>, new: usize) -> bool {
        let Engine { arena, large, .. } = self.engine;
        let centrals = self.engine.centrals();
        let next = (new <= self.engine.config.largest_served())
            .then(|| self.engine.class_of(new).map(|class| &centrals[class]))
            .flatten();
        if !centrals[class].is_single() || next.is_some_and(|next| !next.is_single()) {
            return false;
        }
        let Some(Footprint {
            granules, charge, ..
        }) = large.footprint(new, 1)
        else {
            return false;
        };
        if !centrals[class].disown(span) {
            return false;
        }
        let grown = match next {
            Some(next) => {
                let geometry = next.geometry();
                arena.convert(span, geometry.granules, geometry.stride, Kind::Slab)
            }
            None => {
                // SAFETY: records are type-stable.
                let record = unsafe { span.as_ref() };
                record.describe_large(new, record.first());
                arena.convert(span, granules, charge, Kind::Large)
            }
        };
        match next {
            None if grown => {}
            // SAFETY: the span is as long as the class's slabs, taken off another's books, and its block is live.
            Some(next) if grown => unsafe { next.adopt(arena, span) },
            // SAFETY: as above: it is what it was.
            _ => unsafe { centrals[class].adopt(arena, span) },
        }
        grown
    }

    /// Moves the live large block in `span`, of `old` bytes, to a span for `new`.
    fn relocate(&self, span: NonNull<Span>, old: usize, new: usize) -> Option<NonNull<u8>> {
        if old < MOVED_LEAST || new <= old {
            return None;
        }
        let Engine { arena, large, .. } = self.engine;
        // What alignment it has, it keeps.
        let footprint = large.footprint(new, 1)?;
        let more = footprint.charge - large.footprint(old, 1)?.charge;
        self.with_room(arena.room_to_move(footprint.granules), more, || {
            large.relocate(arena, span, new, footprint)
        })?
    }
}
