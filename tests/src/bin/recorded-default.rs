//! A program under a recorder of the default preset, whose blocks have headers: does its work, then ends as its first argument says.

use std::process::ExitCode;

use orthotope::Recorder;
use orthotope_tests::recorded;

#[orthotope::allocator]
static SERVING: Serving;

#[global_allocator]
static GLOBAL: Recorder<Serving> = Recorder::new(SERVING);

fn main() -> ExitCode {
    recorded::main(&GLOBAL)
}
