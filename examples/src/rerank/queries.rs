//! What is asked when the command line asks nothing: questions about Orthotope, for its own sources.
//!
//! This file answers every one of them better than any other, so it is left out where they are asked.

/// The default questions.
pub const DEFAULT: [&str; 6] = [
    "how is a double free detected",
    "what happens when the arena is exhausted",
    "what is done when a thread exits",
    "which size class serves a request",
    "best fit among freed large blocks",
    "compile error for a misspelt attribute argument",
];

/// This file, by its name in the default folder.
pub const SOURCE: &str = file!();
