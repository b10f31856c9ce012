//! The programs under the preset `"general"`: no headers, close classes.

use std::process::ExitCode;

use orthotope_tests::programs;

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: General;

fn main() -> ExitCode {
    programs::main(|| {
        let stats = General::stats();
        ("general", stats.capacity - stats.remaining)
    })
}
