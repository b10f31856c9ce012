//! The programs under the preset `"general"`, with the feature `profiling`.

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: General;

fn main() -> ExitCode {
    orthotope_programs::main()
}
