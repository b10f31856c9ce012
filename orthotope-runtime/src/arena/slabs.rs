//! Spans for slabs: charged a few blocks at a time, and taken back.

use core::ptr::NonNull;

use super::Arena;
use super::age::Age;
use super::span::{Kind, Span};

impl Arena {
    /// A span of `granules` for a slab of `class`, with a charge of as many blocks of `stride` bytes as `want` says
    /// and the budget allows, at least one.
    pub(crate) fn take_slab(
        &self,
        class: usize,
        granules: usize,
        stride: usize,
        want: usize,
    ) -> Option<(NonNull<Span>, usize)> {
        let mut state = self.lock();
        for attempt in 0..2 {
            if attempt == 1 && !self.consolidate(&mut state) {
                return None;
            }
            if state.budget.left() >= stride
                && let Some(span) = self.take_free(&mut state, granules)
            {
                let granted = want.min(state.budget.left() / stride);
                self.charge(&mut state, span, granted * stride);
                self.lend(&mut state, span);
                // Under the lock: a neighbour that is freed now must not take it for free.
                // The class first: whoever finds the span asks the class it was of, or is.
                // SAFETY: records are type-stable.
                let record = unsafe { span.as_ref() };
                record.set_class(class);
                // Before anybody takes it for a slab: it may have been a large block's.
                record.set_marked_bytes(0);
                record.set_kind(Kind::Slab);
                return Some((span, granted));
            }
        }
        None
    }

    /// Charges up to `want` further blocks of `stride` bytes to a slab's span; how many the budget allowed.
    pub(crate) fn charge_slab(&self, span: NonNull<Span>, stride: usize, want: usize) -> usize {
        let mut state = self.state.lock();
        if state.budget.left() < stride {
            self.sweep(&mut state);
            self.consolidate(&mut state);
        }
        let granted = want.min(state.budget.left() / stride);
        self.charge(&mut state, span, granted * stride);
        granted
    }

    /// Takes a slab's span back. It may serve anything next. `age` says of each of its granules how its memory stands.
    ///
    /// # Safety
    ///
    /// `span` came from `take_slab` of this arena, and no block of it is used again.
    pub(crate) unsafe fn give_slab(&self, span: NonNull<Span>, age: impl Fn(usize) -> Age) {
        let mut state = self.state.lock();
        let (region, granules) = self.granules_of(span);
        self.lay_down(&mut state, span, age);
        self.free_span(&mut state, span);
        drop(state);
        self.drop_eagerly(region, granules);
    }

    /// The same for a span of which no block was ever used.
    ///
    /// # Safety
    ///
    /// As for [`give_slab`](Self::give_slab).
    pub(crate) unsafe fn give_unused_slab(&self, span: NonNull<Span>) {
        // SAFETY: the caller's promise.
        unsafe { self.give_slab(span, |granule| self.unused_age(span, granule)) };
    }
}
