//! The programs under snmalloc.

use std::process::ExitCode;

use snmalloc_rs::SnMalloc;

#[global_allocator]
static GLOBAL: SnMalloc = SnMalloc;

fn main() -> ExitCode {
    orthotope_programs::main()
}
