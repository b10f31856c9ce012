//! Runs every program under every allocator and writes the comparison.

use std::process::ExitCode;

fn main() -> ExitCode {
    orthotope_programs::report::main()
}
