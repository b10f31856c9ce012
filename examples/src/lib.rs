//! Orthotope's examples.
