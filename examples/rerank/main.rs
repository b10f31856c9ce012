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

// The classes follow the program: up to 1024 bytes for names, words and records, 1536 for an embedding (384
// `f32`, nothing left over), 6144 for the n-grams of a passage, from 16 KiB for the texts of files. The tables
// of the index are larger than 1 MiB and go to the large path.
#[global_allocator]
#[orthotope::allocator(
    arena = "4GiB",
    classes = [64, 256, 1024, 1536, 6144, "16KiB", "64KiB", "256KiB", "1MiB"],
    align = 64
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
