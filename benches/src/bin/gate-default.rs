//! What the gate counts, with the default preset.

use std::process::ExitCode;

use orthotope::OrthotopeGlobalAlloc;
use orthotope_benches::gate::subject;

#[global_allocator]
static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

fn main() -> ExitCode {
    subject::main(&GLOBAL)
}
