//! The programs under the preset `"general"`, hardened.

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(preset = "general", hardened = true)]
static GLOBAL: General;

fn main() -> ExitCode {
    orthotope_programs::main()
}
