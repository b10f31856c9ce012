//! The examples, run as a user runs them, and the modules of the largest one by one.

mod ecosystem_examples;
mod process;
mod rerank_answers;
mod rerank_bad_input;
mod rerank_modules;
mod small_examples;
mod tuned_examples;
