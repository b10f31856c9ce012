//! Thread churn under the preset `"general"`.

use std::process::ExitCode;

use orthotope_tests::churn;

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: General;

fn main() -> ExitCode {
    churn::main(|| {
        let stats = General::stats();
        stats.capacity - stats.remaining
    })
}
