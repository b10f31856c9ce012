//! Compares what allocators keep, and what large blocks cost; see `benches/README.md`.

#[path = "../../contenders/memory.rs"]
mod contenders;

fn main() -> std::process::ExitCode {
    orthotope_benches::memory::main(contenders::all())
}
