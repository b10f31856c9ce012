//! Thread churn under the default preset.

use std::process::ExitCode;

use orthotope::OrthotopeGlobalAlloc;
use orthotope_tests::churn;

#[global_allocator]
static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

fn main() -> ExitCode {
    churn::main(|| {
        let stats = orthotope::global_stats().expect("the program has allocated");
        stats.arena_capacity - stats.arena_remaining
    })
}
