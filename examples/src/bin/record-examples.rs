//! Runs the work of an example under a recorder.
//!
//! ```text
//! ORTHOTOPE_PROFILE=examples/profiles/json_service.json \
//!     cargo run --release --package orthotope-examples --bin record-examples -- json_service
//! ```

use std::alloc::System;
use std::env;
use std::process::ExitCode;

use orthotope::Recorder;
use orthotope_examples::loads::{LOADS, Load};

#[global_allocator]
static GLOBAL: Recorder<System> = Recorder::new(System);

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    let Some(load) = Load::named(&name) else {
        let names = LOADS.map(|load| load.name).join(", ");
        eprintln!("record-examples: no example {name:?}; there are {names}");
        return ExitCode::from(2);
    };
    match load.run(load.effort) {
        Ok(sum) => {
            println!("{sum:016x}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("record-examples: {error}");
            ExitCode::FAILURE
        }
    }
}
