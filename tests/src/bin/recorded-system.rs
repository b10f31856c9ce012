//! A program under a recorder of the system's allocator: does its work, then ends as its first argument says.

use std::alloc::System;
use std::process::ExitCode;

use orthotope::Recorder;
use orthotope_tests::recorded;

#[global_allocator]
static GLOBAL: Recorder<System> = Recorder::new(System);

fn main() -> ExitCode {
    recorded::main(&GLOBAL)
}
