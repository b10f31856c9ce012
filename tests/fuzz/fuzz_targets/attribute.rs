//! The attribute's parser on any tokens.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| attribute::check(bytes));
