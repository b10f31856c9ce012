//! The programs under the preset `"tensor"`, with the feature `profiling`.

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator]
static GLOBAL: Tensor;

fn main() -> ExitCode {
    orthotope_programs::main()
}
