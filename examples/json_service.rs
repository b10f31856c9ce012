//! A JSON-heavy service under an allocator that was tuned to it.
//!
//! ```text
//! cargo run --release --example json_service
//! cargo run --release --example json_service -- 200000
//! ```
//!
//! The classes come from `profiles/json_service.json`, which the program left when it ran under a recorder:
//!
//! ```text
//! ORTHOTOPE_PROFILE=examples/profiles/json_service.json cargo run --release --bin record-examples -- json_service
//! ```

use std::process::ExitCode;

use orthotope_examples::{amount, json_service};

// Its documents are walked again and again, which huge pages make cheaper, and the oldest goes for each that comes: its blocks are
// taken again when they have left the processor's cache. `tuned` in `benches/` measures the whole.
#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    profile = "profiles/json_service.json",
    huge_pages = "always",
    prefetch = true
)]
static GLOBAL: ServiceAlloc;

fn main() -> ExitCode {
    let requests = match amount("requests that each worker answers", 20_000) {
        Ok(requests) => requests,
        Err(message) => {
            eprintln!("json_service: {message}");
            return ExitCode::from(2);
        }
    };
    println!("{:?}", json_service::run(requests));
    println!(
        "{} classes: {:?}",
        ServiceAlloc::CLASSES.len(),
        ServiceAlloc::CLASSES
    );
    println!("{}", ServiceAlloc::stats());
    ExitCode::SUCCESS
}
