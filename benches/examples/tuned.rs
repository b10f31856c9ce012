//! The tuned examples under each allocator, side by side.

use std::process::ExitCode;

use orthotope_benches::tuned;
use orthotope_examples::loads::LOADS;

fn main() -> ExitCode {
    tuned::main(LOADS.map(|load| tuned::Load {
        name: load.name,
        effort: load.effort,
    }))
}
