//! Measures what `orthotope::Recorder` costs a call; see `benches/README.md`.

use std::alloc::System;
use std::process::ExitCode;

use orthotope::Recorder;
use orthotope_benches::Role;
use orthotope_benches::block::Heap;
use orthotope_benches::recorder::{Subject, main as measure};

#[orthotope::allocator(preset = "general")]
static GENERAL: General;

// SAFETY: generated types are zero-sized; the heap is in a static of the type.
unsafe impl Heap for General {}

fn main() -> ExitCode {
    measure(&[
        Subject {
            name: "glibc",
            package: None,
            role: Role::Rival,
            runs: [
                |pass| pass.run(&System),
                |pass| pass.run(&Recorder::new(System)),
            ],
        },
        #[cfg(feature = "rivals")]
        Subject {
            name: "mimalloc",
            package: Some("mimalloc"),
            role: Role::Rival,
            runs: [
                |pass| pass.run(&mimalloc::MiMalloc),
                |pass| pass.run(&Recorder::new(mimalloc::MiMalloc)),
            ],
        },
        Subject {
            name: "general",
            package: None,
            role: Role::Ours,
            runs: [
                |pass| pass.run(&GENERAL),
                |pass| pass.run(&Recorder::new(GENERAL)),
            ],
        },
    ])
}
