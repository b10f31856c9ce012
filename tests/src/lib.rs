//! Orthotope's tests.
