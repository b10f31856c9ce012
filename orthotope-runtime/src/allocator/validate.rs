//! The invariants of an engine, and of all below it.

use super::engine::Engine;
use super::engines;
use crate::arena::Kind;

impl Engine {
    /// Panics if an invariant of this layer or one below does not hold. Nobody works on the engine meanwhile but
    /// the background thread.
    pub(crate) fn validate(&self) {
        assert!(self.holders.count() > 0, "it has a holder");
        self.arena.validate();
        let mut slabs = vec![Vec::new(); self.config.classes.len()];
        self.arena.each_span(|span| {
            // SAFETY: records are type-stable.
            let record = unsafe { span.as_ref() };
            if record.kind() == Kind::Slab {
                slabs[record.class()].push(span);
            }
        });
        for (central, slabs) in self.centrals().iter().zip(&slabs) {
            central.validate(&self.arena, slabs);
        }
        self.large.validate(&self.arena);
        self.registry.validate();
        engines::validate(self);
    }
}
