//! Orthotope's tests.

pub mod spec;
