//! Allocators of any configuration against the reference model, validated after every operation.

#![no_main]

use orthotope_runtime::{Case, run};

libfuzzer_sys::fuzz_target!(|case: Case| run(&case));
