//! The programs under mimalloc 3 in its secure mode.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static GLOBAL: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    orthotope_programs::main()
}
