//! How an arena comes to be: first what it needs of the system, then its fields, each written where it stays.
//!
//! An arena takes 12 KiB. Made as a value and moved into its place it would take several times that of the stack of
//! whichever thread allocates first, 130 KiB where nothing is optimised; and there are threads with 64 KiB and less.

use core::ptr::{self, NonNull};
use std::io;

use super::budget::Budget;
use super::counts::LargeCounts;
use super::{
    Arena, ArenaParams, Bins, LEAST_BUDGET, Lanes, Meta, Region, Seams, State, Stir, reserve,
};
use crate::sync::{AtomicBool, AtomicUsize};
use crate::sys::{Lock, Os};

/// Writes a value's fields to the place where it stays: all of them but those named behind a semicolon, which are the
/// caller's to write.
///
/// The place is the caller's, aligned and long enough.
macro_rules! write_fields {
    ($place:expr => $type:ident {
        $($field:ident: $value:expr),+ $(,)? $(; $($later:ident),+)?
    }) => {{
        let place: NonNull<$type> = $place;
        // A field that was left out is an error here.
        let _ = |$type { $($field: _,)+ $($($later: _),+)? }: $type| ();
        $({
            // SAFETY: the place is a value's, if one that is not initialised yet.
            let field = unsafe { &raw mut (*place.as_ptr()).$field };
            // SAFETY: the place is the caller's.
            unsafe { $crate::arena::write_field(field, || $value) };
        })+
    }};
}
pub(crate) use write_fields;

/// Writes what `make` returns. A call of its own, whose stack is gone when the next field is written.
///
/// # Safety
///
/// `field` is the caller's to write, and what is there need not be dropped.
#[inline(never)]
pub(crate) unsafe fn write_field<T>(field: *mut T, make: impl FnOnce() -> T) {
    // SAFETY: by the caller's promise.
    unsafe { field.write(make()) };
}

/// What an arena stands on: its first region, and memory for records, its own among them.
pub(crate) struct Ground {
    os: &'static dyn Os,
    params: ArenaParams,
    budget: usize,
    region: Region,
    meta: Meta,
}

impl Ground {
    /// Reserves an arena's address space; with `degrade`, less where the system refuses as much.
    pub(crate) fn reserve(
        os: &'static dyn Os,
        params: ArenaParams,
        degrade: bool,
    ) -> io::Result<Self> {
        let mut budget = params.budget;
        let region = loop {
            match reserve(os, params, budget) {
                Ok(region) => break region,
                Err(_) if degrade && budget > LEAST_BUDGET => {
                    budget = (budget / 2).max(LEAST_BUDGET)
                }
                Err(error) => return Err(error),
            }
        };
        Ok(Self {
            os,
            params,
            budget,
            region,
            meta: Meta::new(os),
        })
    }

    /// Memory for records.
    pub(crate) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Gives everything back.
    ///
    /// # Safety
    ///
    /// No record is used again.
    pub(crate) unsafe fn abandon(self) {
        // SAFETY: nothing of the region was handed out.
        unsafe { self.region.unmap(self.os) };
        // SAFETY: the caller gives up every record.
        unsafe { self.meta.unmap_all() };
    }

    /// Makes an arena of it.
    ///
    /// # Safety
    ///
    /// `place` is the caller's to write, and stays where it is for as long as the arena is used.
    pub(crate) unsafe fn settle(self, place: NonNull<Arena>) {
        write_fields!(place => Arena {
            os: self.os,
            params: self.params,
            meta: self.meta,
            region_count: AtomicUsize::new(0),
            lanes: Lanes::new(),
            stir: Stir::new(),
            ticks: AtomicUsize::new(0),
            seams: Seams::new(),
            immovable: AtomicBool::new(false),
            state: Lock::new(State {
                free: Bins::new(),
                pool: Bins::new(),
                budget: Budget::new(self.budget),
                dead: ptr::null_mut(),
                guarded: ptr::null_mut(),
                live_large: LargeCounts::default(),
                cold: 0,
            });
            // There are none yet.
            regions
        });
        // SAFETY: all of it was written.
        unsafe { place.as_ref() }.push_region(self.region);
    }
}
