//! What the gate counts, with preset `general`, hardened.

use std::process::ExitCode;

use orthotope_benches::block::Heap;
use orthotope_benches::gate::subject;

#[global_allocator]
#[orthotope::allocator(preset = "general", hardened = true)]
static GLOBAL: Hardened;

// SAFETY: generated types are zero-sized; the heap is in a static of the type.
unsafe impl Heap for Hardened {}

fn main() -> ExitCode {
    subject::main(&GLOBAL)
}
