//! The tuned examples' work under the preset `"general"`.

mod child;

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: General;

fn main() -> ExitCode {
    child::main()
}
