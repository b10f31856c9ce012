//! Compares allocators on every workload; see `benches/README.md`.

#[path = "../../contenders/mod.rs"]
mod contenders;

fn main() -> std::process::ExitCode {
    orthotope_benches::report::main(contenders::all())
}
