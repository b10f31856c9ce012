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

use std::process::ExitCode;

use orthotope_examples::{amount, tensor_batches};

// Its tensors are large and written whole, which huge pages make cheaper; `tuned` in `benches/` measures the whole.
#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    profile = "profiles/tensor_batches.json",
    huge_pages = "always"
)]
static GLOBAL: TensorAlloc;

fn main() -> ExitCode {
    let batches = match amount("batches", 200) {
        Ok(batches) => batches,
        Err(message) => {
            eprintln!("tensor_batches: {message}");
            return ExitCode::from(2);
        }
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
