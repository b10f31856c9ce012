//! What a configuration asks of an engine: the rules that it must keep, and the numbers that follow from it.

use crate::arena::{GRANULE, HUGE_PAGE};
use crate::class::HEADER_BYTES;
use crate::config::{ClassLimits, Config, HugePages};
use crate::error::InitError;
use crate::slab::Geometry;
use crate::sys::page_bytes;

/// Largest alignment of an instance: beyond it, a span's rounding alone would take the address space.
const ALIGN_MAX: usize = 1 << 30;

/// The rules that a configuration must keep. The attribute has checked them all; instances come here unchecked.
pub(super) fn check(config: &Config) -> Result<(), InitError> {
    let least = if config.header { HEADER_BYTES } else { 8 };
    if config.align < least {
        return Err(InitError::InvalidConfig(if config.header {
            "allocator alignment must be at least 64 bytes"
        } else {
            "allocator alignment must be at least 8 bytes"
        }));
    }
    if !config.align.is_power_of_two() {
        return Err(InitError::InvalidConfig(
            "allocator alignment must be a power of two",
        ));
    }
    if !config.header && config.align > GRANULE {
        return Err(InitError::InvalidConfig(
            "without a header, allocator alignment must be at most 64 KiB",
        ));
    }
    if config.align > ALIGN_MAX {
        return Err(InitError::InvalidConfig(
            "allocator alignment must be at most 1 GiB",
        ));
    }
    if config.arena == 0 {
        return Err(InitError::InvalidConfig(
            "allocator arena must have at least one byte",
        ));
    }
    Ok(())
}

/// Block counts, none more than one above what the arena could ever hold: stacks and slabs stay in
/// proportion, and no limit that could be reached moves.
pub(super) fn limits(config: &Config, class: usize) -> ClassLimits {
    let ClassLimits {
        first,
        refill,
        keep,
        flush,
    } = config.limits(class);
    let most = (config.arena / config.stride(class)).max(1);
    ClassLimits {
        first: first.min(most),
        refill: refill.min(most),
        keep: keep.min(most + 1),
        flush: flush.min(most + 1),
    }
}

/// How the slabs of `class` are cut. `None` if one does not fit the address space.
pub(super) fn geometry(config: &Config, header: usize, class: usize) -> Option<Geometry> {
    // A slab is charged one refill's blocks at a time, so it holds whole refills.
    let lot = if config.header {
        limits(config, class).refill
    } else {
        1
    };
    let geometry = Geometry::new(config.stride(class), config.align, header, lot)?;
    Some(geometry.tracked(config.hardened))
}

/// Address space that rounding to granules and alignment takes beyond the bytes charged: a sum, for the one
/// slab of each class that is not full, and a rate in 256ths of the charge, for all that are.
pub(super) fn room_beyond_budget(config: &Config, header: usize) -> Option<(usize, usize)> {
    let rate = |beyond: usize, charge: usize| beyond.div_ceil(charge.div_ceil(256));
    let largest = config.classes[config.classes.len() - 1];
    let mut slack = config.align;
    let guards = if config.hardened {
        2 * page_bytes() + header
    } else {
        0
    };
    // A large block loses one alignment and one granule at most, and its guards.
    let beyond = config.align + GRANULE + guards;
    let least = largest.min(config.largest_served());
    let mut spread = rate(beyond, least.checked_add(1 + header)?);
    if config.huge_pages == HugePages::Large {
        // What lies before one that starts at a multiple of a huge page may be of no use.
        spread = spread.max(rate(HUGE_PAGE + beyond, HUGE_PAGE));
    }
    for class in 0..config.classes.len() {
        let geometry = geometry(config, header, class)?;
        let bytes = geometry.granules.checked_mul(GRANULE)?;
        let charge = geometry.capacity * geometry.stride;
        slack = slack.checked_add(bytes)?;
        spread = spread.max(rate(bytes - charge, charge));
    }
    Some((slack.checked_next_multiple_of(GRANULE)?, spread))
}
