//! Counts instructions and compares them with the blessed counts; see `benches/README.md`.

fn main() -> std::process::ExitCode {
    orthotope_benches::gate::main()
}
