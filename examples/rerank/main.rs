//! `rerank`: find the passages of a folder that answer a question, and say what that cost.
//!
//! ```text
//! cargo run --release --example rerank
//! cargo run --release --example rerank -- docs --query "how do I install it" --top 5
//! ```
//!
//! The program is ordinary: `orthotope_examples::rerank` reads, embeds and searches with `String`, `Vec`,
//! `Box` and threads, and names no allocator. This file gives it one, made for what it does.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;
use orthotope_examples::rerank::{self, Args};

// The classes come from what the program asked for while it indexed Orthotope's own sources, 1536 bytes for an embedding
// (384 `f32`, nothing left over) among them:
// ORTHOTOPE_PROFILE=examples/profiles/rerank.json cargo run --release --bin record-examples -- rerank
// It reads once, on a few threads that end: small caches, refilled by few blocks, keep the peak low. Its tables of words and of their places are large
// and full: huge pages for these alone.
#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    arena = "4GiB",
    profile = "profiles/rerank.json",
    refill = "4KiB",
    thread_limit = "64KiB",
    huge_pages = "large"
)]
static GLOBAL: ServeAlloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    match rerank::run(&args, &mut out, ServeAlloc::stats) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "rerank: {error}");
            ExitCode::FAILURE
        }
    }
}
