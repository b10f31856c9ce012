//! The programs under glibc's `malloc`, which is what `System` is here.

use std::alloc::System;
use std::process::ExitCode;

#[global_allocator]
static GLOBAL: System = System;

fn main() -> ExitCode {
    orthotope_programs::main()
}
