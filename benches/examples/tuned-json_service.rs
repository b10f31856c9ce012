//! The work of `json_service` under the allocator that was tuned to it.

mod child;

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    profile = "../examples/profiles/json_service.json",
    huge_pages = "always",
    prefetch = true
)]
static GLOBAL: Tuned;

fn main() -> ExitCode {
    child::main()
}
