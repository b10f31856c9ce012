//! A loop over batches of tensors under an allocator that was tuned to it.
//!
//! ```text
//! cargo run --release --example tensor_batches
//! cargo run --release --example tensor_batches -- 2000
//! ```
//!
//! The classes come from `profiles/tensor_batches.json`, which the program left when it ran under a recorder:
//!
//! ```text
//! ORTHOTOPE_PROFILE=examples/profiles/tensor_batches.json cargo run --release --bin record-examples -- tensor_batches
//! ```

use std::env;
use std::process::ExitCode;

use orthotope_examples::tensor_batches;

// Its tensors are large and written whole, which huge pages make cheaper; `tuned` in `benches/` measures the whole.
#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    profile = "profiles/tensor_batches.json",
    huge_pages = "always"
)]
static GLOBAL: TensorAlloc;

fn main() -> ExitCode {
    let Some(batches) = env::args().nth(1).map_or(Some(200), |n| n.parse().ok()) else {
        eprintln!("tensor_batches: write the number of batches");
        return ExitCode::from(2);
    };
    println!("{:?}", tensor_batches::run(batches));
    println!(
        "{} classes: {:?}",
        TensorAlloc::CLASSES.len(),
        TensorAlloc::CLASSES
    );
    println!("{}", TensorAlloc::stats());
    ExitCode::SUCCESS
}
