//! The tuned examples' work under mimalloc.

use std::process::ExitCode;

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    orthotope_benches::tuned::child()
}
