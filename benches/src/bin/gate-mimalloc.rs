//! What the gate counts, with mimalloc.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use orthotope_benches::gate::subject;

#[global_allocator]
static GLOBAL: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    subject::main(&GLOBAL)
}
