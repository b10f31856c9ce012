//! The work of `tensor_batches` under the allocator that was tuned to it.

mod child;

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    profile = "../examples/profiles/tensor_batches.json",
    huge_pages = "always"
)]
static GLOBAL: Tuned;

fn main() -> ExitCode {
    child::main()
}
