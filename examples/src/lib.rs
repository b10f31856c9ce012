//! What the larger examples are made of.
//!
//! An example that fits one file is that file, in the folder above. `rerank` does not: its modules are
//! here, so that tests can reach them, and its `main.rs` holds only what makes it an Orthotope program,
//! the annotated static.

pub mod rerank;
