//! The programs under `System`: what the others are compared with.

use std::alloc::System;
use std::process::ExitCode;

use orthotope_tests::programs;

#[global_allocator]
static GLOBAL: System = System;

fn main() -> ExitCode {
    programs::main(|| ("system", 0))
}
