//! The programs under the default preset, hardened.

use std::process::ExitCode;

use orthotope_tests::programs;

#[global_allocator]
#[orthotope::allocator(hardened = true)]
static GLOBAL: Default;

fn main() -> ExitCode {
    programs::main(|| {
        let stats = Default::stats();
        ("hardened-default", stats.capacity - stats.remaining)
    })
}
