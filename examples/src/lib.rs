//! What the larger examples are made of.
//!
//! An example that fits one file is that file, in the folder above. `rerank` does not: its modules are
//! here, so that tests can reach them, and its `main.rs` holds only what makes it an Orthotope program,
//! the annotated static. `json_service` and `tensor_batches` are here for another reason: their work, and `rerank`'s, is
//! recorded and measured under several allocators, by [`loads`]; [`amount()`] is what they are told.

mod amount;
pub mod json_service;
pub mod loads;
pub mod rerank;
pub mod tensor_batches;

pub use amount::amount;
