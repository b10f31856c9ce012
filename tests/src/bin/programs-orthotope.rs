//! The programs under `OrthotopeGlobalAlloc`, the default preset.

use std::process::ExitCode;

use orthotope::OrthotopeGlobalAlloc;
use orthotope_tests::programs;

#[global_allocator]
static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

fn main() -> ExitCode {
    programs::main(|| {
        let stats = orthotope::global_stats().expect("the program has allocated");
        ("orthotope", stats.arena_capacity - stats.arena_remaining)
    })
}
