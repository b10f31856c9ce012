//! The programs under the preset `"tensor"`, hardened.

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(hardened = true)]
static GLOBAL: Tensor;

fn main() -> ExitCode {
    orthotope_programs::main()
}
