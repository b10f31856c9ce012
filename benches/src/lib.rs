//! Orthotope's benches.
