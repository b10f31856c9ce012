//! The programs under the default preset: the specification's classes, a header before each block.

use std::process::ExitCode;

use orthotope::OrthotopeGlobalAlloc;

#[global_allocator]
static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

fn main() -> ExitCode {
    orthotope_programs::main()
}
