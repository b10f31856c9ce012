//! The tuned examples under each allocator, side by side.

use std::process::ExitCode;

fn main() -> ExitCode {
    orthotope_benches::tuned::main()
}
