//! The work of `rerank` under the allocator that was tuned to it.

mod child;

use std::process::ExitCode;

#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    profile = "../examples/profiles/rerank.json",
    refill = "4KiB",
    thread_limit = "64KiB",
    huge_pages = "large"
)]
static GLOBAL: Tuned;

fn main() -> ExitCode {
    child::main()
}
