//! The programs under the crate `orthotope` 0.3.1, as it was published before this workspace.

use std::process::ExitCode;

use orthotope_published::OrthotopeGlobalAlloc;

#[global_allocator]
static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

fn main() -> ExitCode {
    orthotope_programs::main()
}
