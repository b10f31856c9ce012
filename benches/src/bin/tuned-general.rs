//! The tuned examples' work under the preset `"general"`.

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: General;

fn main() -> ExitCode {
    orthotope_benches::tuned::child()
}
