//! The programs under the preset `"general"`, hardened.

use std::process::ExitCode;

use orthotope_tests::programs;

#[global_allocator]
#[orthotope::allocator(preset = "general", hardened = true)]
static GLOBAL: General;

fn main() -> ExitCode {
    programs::main(|| {
        let stats = General::stats();
        ("hardened", stats.capacity - stats.remaining)
    })
}
